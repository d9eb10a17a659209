import { createHash } from 'node:crypto'
import { nearest } from '@fulcrum/contract'
import { describe, distributionTypes } from './command-job.ts'
import { isBinding, jobInputs, jobOutputs, mapEntries, nodeInputs, nodeOutputs } from './job-io.ts'
import { assetId, codeId, computeId, environmentId, isRemote, localPath } from './references.ts'
import { compact, dataTypes, durationOf, literalOf, literalTypes, modeOf } from './values.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import { readYamlFile, YamlNode } from './yaml-file.ts'

const pipelineKeys = [
  '$schema',
  'type',
  'name',
  'display_name',
  'experiment_name',
  'description',
  'tags',
  'properties',
  'settings',
  'inputs',
  'outputs',
  'jobs',
  'compute',
  'component',
  'identity',
]
const settingKeys = ['default_compute', 'default_datastore', 'continue_on_step_failure', 'force_rerun', 'on_init', 'on_finalize']
const stepKeys = [
  '$schema',
  'type',
  'name',
  'display_name',
  'description',
  'tags',
  'component',
  'command',
  'code',
  'environment',
  'compute',
  'environment_variables',
  'inputs',
  'outputs',
  'resources',
  'distribution',
  'limits',
  'identity',
  'services',
  'is_deterministic',
]
const componentKeys = [
  '$schema',
  'type',
  'name',
  'version',
  'display_name',
  'description',
  'tags',
  'is_deterministic',
  'command',
  'code',
  'environment',
  'inputs',
  'outputs',
  'resources',
  'distribution',
  'environment_variables',
  'jobs',
  'additional_includes',
]

/** The `properties` of a pipeline job. Inline steps become anonymous components, named by their content, as Azure's SDK makes them. */
export async function pipelineJob(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  node.only(pipelineKeys)
  const compute = node.get('compute')
  const component = node.get('component')
  const steps = component === undefined ? node.need('jobs') : node.get('jobs')
  const names = new Set(steps?.entries().map(([name]) => name))
  checkBindings(node, steps)
  return compact({
    jobType: 'Pipeline',
    ...describe(node),
    computeId: compute === undefined ? undefined : computeId(compute, assets),
    componentId: component === undefined ? undefined : await componentId(component, assets),
    inputs: await jobInputs(node.get('inputs'), assets),
    outputs: await jobOutputs(node.get('outputs')),
    settings: settingsOf(node, assets),
    jobs: names.size === 0 ? undefined : await mapEntries(steps, (step, name) => pipelineStep(step, name, assets)),
  })
}

function settingsOf(node: YamlNode, assets: WorkspaceAssets): Record<string, unknown> {
  const settings = node.get('settings')?.only(settingKeys)
  const members = Object.fromEntries(settings?.entries().map(([key, entry]) => [key, entry.value]) ?? [])
  const compute = settings?.get('default_compute')
  const datastore = settings?.get('default_datastore')
  return compact({
    ...members,
    default_compute: compute === undefined ? undefined : computeId(compute, assets),
    default_datastore:
      datastore === undefined ? undefined : `${assets.workspaceId}/datastores/${datastore.text().replace(/^azureml:/, '')}`,
    _source: 'YAML.JOB',
  })
}

/** Every `${{parent.…}}` names an input, a step or an output that is there. */
function checkBindings(node: YamlNode, steps: YamlNode | undefined): void {
  const known = new Map(
    Object.entries({ inputs: node.get('inputs'), outputs: node.get('outputs'), jobs: steps }).map(
      ([context, part]) => [context, new Set(Object.keys(part?.mapping() ?? {}))] as const,
    ),
  )
  for (const [, step] of steps?.entries() ?? [])
    for (const part of ['inputs', 'outputs']) for (const [, entry] of step.get(part)?.entries() ?? []) checkBinding(entry, known)
}

function checkBinding(entry: YamlNode, known: ReadonlyMap<string, ReadonlySet<string>>): void {
  if (typeof entry.value !== 'string') return
  const [, context = '', name = ''] = /\$\{\{\s*parent\.(inputs|outputs|jobs)\.([\w-]+)/.exec(entry.value) ?? []
  const names = known.get(context)
  if (names === undefined || names.has(name)) return
  const noun = context === 'jobs' ? 'step' : context.slice(0, -1)
  const hint = nearest(name, [...names])
  const rest = hint === undefined ? `; there are: ${[...names].join(', ') || 'none'}.` : `; did you mean '${hint}'?`
  throw entry.fail(`${entry.text().trim()} names no ${noun} of this pipeline${rest}`)
}

async function pipelineStep(step: YamlNode, name: string, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  const type = step.get('type')?.oneOf(['command', 'pipeline', 'parallel', 'sweep', 'spark', 'automl']) ?? 'command'
  if (type !== 'command' && type !== 'pipeline')
    throw step.need('type').fail(`steps of type '${type}' are not offered; command and pipeline are.`)
  step.only(stepKeys)
  const compute = step.get('compute')
  const limits = step.get('limits')?.get('timeout')
  const component = step.get('component')
  return compact({
    name,
    type,
    display_name: step.get('display_name')?.text(),
    componentId: component === undefined ? await inlineComponent(step, name, assets) : await componentId(component, assets),
    _source: component === undefined ? 'YAML.JOB' : 'YAML.COMPONENT',
    computeId: compute === undefined ? undefined : computeId(compute, assets),
    inputs: await nodeInputs(step.get('inputs'), assets),
    outputs: await nodeOutputs(step.get('outputs')),
    environment_variables: step.get('environment_variables')?.texts(),
    resources: step.get('resources')?.value,
    distribution: distributionOf(step),
    limits: limits === undefined ? undefined : { job_limits_type: 'Command', timeout: durationOf(limits) },
    identity: step.get('identity')?.value,
  })
}

function distributionOf(step: YamlNode): Record<string, unknown> | undefined {
  const distribution = step.get('distribution')
  if (distribution === undefined) return undefined
  const { type: _type, ...rest } = distribution.mapping()
  return { distribution_type: distributionTypes[distribution.need('type').oneOf(Object.keys(distributionTypes))], ...rest }
}

/** The component that an inline step stands for: its inputs take their types from what is bound to them. */
async function inlineComponent(step: YamlNode, name: string, assets: WorkspaceAssets): Promise<string> {
  const code = step.get('code')
  const inputs = await mapEntries(step.get('inputs'), async (entry) => ({
    type: entry.isMapping() ? declaredType(entry) : isBinding(entry.value) ? boundType(step, entry.text()) : 'string',
  }))
  const outputs = await mapEntries(step.get('outputs'), async (entry) => ({
    type: entry.isMapping() ? declaredType(entry) : isBinding(entry.value) ? boundType(step, entry.text()) : 'uri_folder',
  }))
  return anonymousComponent(
    compact({
      name,
      version: '1',
      type: 'command',
      display_name: step.get('display_name')?.text() ?? name,
      is_deterministic: step.get('is_deterministic')?.boolean() ?? true,
      command: step.need('command').text(),
      code: code === undefined ? undefined : `azureml:${await codeId(code, assets)}`,
      environment: await environmentText(step.need('environment'), assets),
      inputs,
      outputs,
      _source: 'YAML.JOB',
    }),
    assets,
  )
}

function declaredType(entry: YamlNode): string {
  return entry.get('type')?.text() ?? 'uri_folder'
}

/** Type of what a binding names in the same file: an input or output of the pipeline, or an output of another step. */
function boundType(step: YamlNode, binding: string): string {
  const [, area = '', name = '', kind = '', member = ''] =
    /parent\.(inputs|outputs|jobs)\.([\w-]+)(?:\.(inputs|outputs)\.([\w-]+))?/.exec(binding) ?? []
  const owner = ownerOf(step)
  const found = area === 'jobs' ? owner.get(area)?.get(name)?.get(kind)?.get(member) : owner.get(area)?.get(name)
  if (found === undefined) return area === 'inputs' ? 'string' : 'uri_folder'
  if (found.isMapping()) return declaredType(found)
  if (isBinding(found.value) && area === 'jobs')
    return boundType(new YamlNode(step.file, [...owner.path, 'jobs', name], null), found.text())
  return 'string'
}

/** The pipeline that a step belongs to, without the `jobs` between them. */
function ownerOf(step: YamlNode): YamlNode {
  const root = new YamlNode(step.file)
  const path = step.path.slice(0, -2)
  return path.length > 0 ? new YamlNode(step.file, path, valueAt(root.value, path)) : root
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[key] : undefined,
    value,
  )
}

async function environmentText(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  const id = await environmentId(node, assets)
  return id.startsWith('/subscriptions/') ? `azureml:${id}` : id
}

async function anonymousComponent(spec: Record<string, unknown>, assets: WorkspaceAssets): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex')
  const version = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20, 32)}`
  return assets.ensureVersion('components', 'azureml_anonymous', version, {
    properties: { isAnonymous: true, componentSpec: spec },
  })
}

/** A component by reference, or by the path of its file. */
async function componentId(node: YamlNode, assets: WorkspaceAssets): Promise<string> {
  if (!node.isMapping() && (isRemote(node.text()) || !/\.ya?ml$/i.test(node.text()))) return assetId(node, 'components', assets)
  const component = node.isMapping() ? node : new YamlNode(await readYamlFile(localPath(node)))
  return anonymousComponent(await componentSpec(component, assets), assets)
}

/** What a command component runs: command line, code, environment. A pipeline component has no command line. */
async function commandMembers(
  node: YamlNode,
  type: 'command' | 'pipeline',
  assets: WorkspaceAssets,
): Promise<Record<string, unknown>> {
  const code = node.get('code')
  const environment = node.get('environment')
  return {
    command: type === 'command' ? node.need('command').text() : undefined,
    code: code === undefined ? undefined : `azureml:${await codeId(code, assets)}`,
    environment: environment === undefined ? undefined : await environmentText(environment, assets),
  }
}

/** The `componentSpec` of a command or pipeline component. */
export async function componentSpec(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  node.only(componentKeys)
  const type = node.get('type')?.oneOf(['command', 'pipeline']) ?? (node.get('jobs') === undefined ? 'command' : 'pipeline')
  return compact({
    name: node.get('name')?.text(),
    version: node.get('version')?.text() ?? '1',
    type,
    display_name: node.get('display_name')?.text(),
    description: node.get('description')?.text(),
    is_deterministic: node.get('is_deterministic')?.boolean() ?? true,
    ...(await commandMembers(node, type, assets)),
    inputs: await mapEntries(node.get('inputs'), async (entry) => componentInput(entry)),
    outputs: await mapEntries(node.get('outputs'), async (entry) => componentOutput(entry)),
    resources: node.get('resources')?.value,
    distribution: distributionOf(node),
    environment_variables: node.get('environment_variables')?.texts(),
    jobs: type === 'pipeline' ? await mapEntries(node.need('jobs'), (step, name) => pipelineStep(step, name, assets)) : undefined,
    _source: 'YAML.COMPONENT',
  })
}

function componentInput(entry: YamlNode): Record<string, unknown> {
  const fallback = entry.get('default')
  return compact({
    type: entry.need('type').oneOf([...dataTypes, ...literalTypes]),
    description: entry.get('description')?.text(),
    optional: entry.get('optional')?.boolean(),
    default: fallback === undefined ? undefined : literalOf(fallback.value),
    mode: entry.get('mode') === undefined ? undefined : modeOf(entry.need('mode')),
  })
}

function componentOutput(entry: YamlNode): Record<string, unknown> {
  if (entry.value === null) return { type: 'uri_folder' }
  return compact({
    type: entry.get('type')?.oneOf(dataTypes) ?? 'uri_folder',
    mode: entry.get('mode') === undefined ? undefined : modeOf(entry.need('mode')),
  })
}
