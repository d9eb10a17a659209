import { componentOf } from './components.ts'
import { jobShape } from './job-parts.ts'
import { pipelineSteps } from './pipeline-steps.ts'
import { computeId, datastoreId } from './references.ts'
import { boolean, raw, type Run, type Shape, translate, unsent } from './shape.ts'
import { compact, plain, snake } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const settingsShape: Shape = {
  default_compute: computeId,
  default_datastore: datastoreId,
  continue_on_step_failure: boolean,
  force_rerun: boolean,
  on_init: raw,
  on_finalize: raw,
  '*': raw,
}

/** The `properties` of a pipeline job. */
export async function pipelineJob(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const component = node.get('component')
  if (component !== undefined && node.get('jobs') !== undefined)
    throw component.fail("a pipeline has either 'jobs' or a 'component', not both.", 'key')
  const members = await translate(node, { ...jobShape, settings: unsent, jobs: unsent, component: unsent }, run)
  const found = component === undefined ? undefined : await componentOf(component, run)
  return compact({
    jobType: 'Pipeline',
    ...(found?.spec?.['display_name'] === undefined ? {} : { displayName: found.spec['display_name'] }),
    ...members,
    componentId: found?.id,
    inputs: { ...defaultsOf(found?.spec?.['inputs']), ...(members['inputs'] as object | undefined) },
    outputs: { ...outputsOf(found?.spec?.['outputs']), ...(members['outputs'] as object | undefined) },
    settings: await settingsOf(node.get('settings'), component === undefined ? 'YAML.JOB' : 'REMOTE.WORKSPACE.JOB', run),
    jobs: component === undefined ? (await pipelineSteps(node, run, componentOf)).jobs : {},
  })
}

/** What a job of a pipeline component is not given, it takes from the component. */
function defaultsOf(inputs: unknown): Record<string, unknown> {
  const entries = Object.entries(plain(inputs) ? inputs : {})
  return Object.fromEntries(
    entries.flatMap(([name, input]) =>
      plain(input) && input['default'] !== undefined ? [[name, { jobInputType: 'literal', value: input['default'] }]] : [],
    ),
  )
}

function outputsOf(outputs: unknown): Record<string, unknown> {
  const entries = Object.entries(plain(outputs) ? outputs : {})
  return Object.fromEntries(
    entries.map(([name, output]) => [name, { jobOutputType: plain(output) ? output['type'] : 'uri_folder' }]),
  )
}

/** Settings travel in snake_case; a key that is not known is sent as it is, as the original does, with a warning. */
async function settingsOf(settings: YamlNode | undefined, source: string, run: Run): Promise<Record<string, unknown>> {
  return { ...(settings === undefined ? {} : await translate(settings, settingsShape, run, snake)), _source: source }
}
