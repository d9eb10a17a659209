import { codeId, computeId, environmentId } from './references.ts'
import { jobInputs, jobOutputs } from './job-io.ts'
import { camel, compact, durationOf } from './values.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import type { YamlNode } from './yaml-file.ts'

const commandJobKeys = [
  '$schema',
  'type',
  'name',
  'display_name',
  'experiment_name',
  'description',
  'tags',
  'properties',
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
  'queue_settings',
]

export const distributionTypes: Readonly<Record<string, string>> = {
  pytorch: 'PyTorch',
  tensorflow: 'TensorFlow',
  mpi: 'Mpi',
  ray: 'Ray',
}

/** The `properties` of a command job. */
export async function commandJob(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  node.only(commandJobKeys)
  const compute = node.get('compute')
  const code = node.get('code')
  return compact({
    jobType: 'Command',
    ...describe(node),
    command: node.need('command').text(),
    codeId: code === undefined ? undefined : await codeId(code, assets),
    environmentId: await environmentId(node.need('environment'), assets),
    computeId: compute === undefined ? undefined : computeId(compute, assets),
    environmentVariables: node.get('environment_variables')?.texts(),
    inputs: await jobInputs(node.get('inputs'), assets),
    outputs: await jobOutputs(node.get('outputs')),
    resources: resourcesOf(node),
    distribution: distributionOf(node),
    limits: limitsOf(node),
    identity: identityOf(node),
    services: node.get('services')?.value,
  })
}

/** Members that every job has. */
export function describe(node: YamlNode): Record<string, unknown> {
  return compact({
    displayName: node.get('display_name')?.text(),
    experimentName: node.get('experiment_name')?.text(),
    description: node.get('description')?.text(),
    tags: node.get('tags')?.texts(),
    properties: node.get('properties')?.texts(),
  })
}

export function resourcesOf(node: YamlNode): Record<string, unknown> | undefined {
  const resources = node
    .get('resources')
    ?.only(['instance_count', 'instance_type', 'shm_size', 'docker_args', 'properties', 'locations', 'max_instance_count'])
  return resources === undefined
    ? undefined
    : Object.fromEntries(resources.entries().map(([key, entry]) => [camel(key), entry.value]))
}

function distributionOf(node: YamlNode): Record<string, unknown> | undefined {
  const distribution = node
    .get('distribution')
    ?.only(['type', 'process_count_per_instance', 'worker_count', 'parameter_server_count'])
  if (distribution === undefined) return undefined
  const { type: _type, ...rest } = distribution.mapping()
  const type = distribution.need('type').oneOf(Object.keys(distributionTypes))
  return {
    distributionType: distributionTypes[type],
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [camel(key), value])),
  }
}

function limitsOf(node: YamlNode): Record<string, unknown> | undefined {
  const timeout = node.get('limits')?.only(['timeout']).get('timeout')
  return timeout === undefined ? undefined : { jobLimitsType: 'Command', timeout: durationOf(timeout) }
}

function identityOf(node: YamlNode): Record<string, unknown> | undefined {
  const type = node.get('identity')?.need('type').oneOf(['user_identity', 'managed', 'managed_identity', 'aml_token'])
  if (type === undefined) return undefined
  return { identityType: type === 'user_identity' ? 'UserIdentity' : type === 'aml_token' ? 'AMLToken' : 'Managed' }
}
