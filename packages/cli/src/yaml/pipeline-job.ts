import { componentOf } from './components.ts'
import { jobShape } from './job-parts.ts'
import { pipelineSteps } from './pipeline-steps.ts'
import { computeId, datastoreId } from './references.ts'
import { as, boolean, raw, type Run, type Shape, translate, unsent } from './shape.ts'
import { compact, snake } from './values.ts'
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
  const shape: Shape = {
    ...jobShape,
    settings: unsent,
    jobs: unsent,
    component: as('componentId', async (found, context) => (await componentOf(found, context)).id),
  }
  const members = await translate(node, shape, run)
  return compact({
    jobType: 'Pipeline',
    inputs: {},
    outputs: {},
    ...members,
    settings: await settingsOf(node.get('settings'), run),
    jobs: component === undefined ? await pipelineSteps(node, run) : undefined,
  })
}

/** Settings travel in snake_case; a key that is not known is sent as it is, as the original does, with a warning. */
async function settingsOf(settings: YamlNode | undefined, run: Run): Promise<Record<string, unknown>> {
  return { ...(settings === undefined ? {} : await translate(settings, settingsShape, run, snake)), _source: 'YAML.JOB' }
}
