import { modelReference, type WireResource } from './assets.ts'
import { codeId, environmentId } from './references.ts'
import { camel, compact, durationOf, durationOfSeconds } from './values.ts'
import type { WorkspaceAssets } from './workspace-assets.ts'
import type { YamlNode } from './yaml-file.ts'

const endpointKeys = [
  '$schema',
  'name',
  'auth_mode',
  'description',
  'tags',
  'properties',
  'traffic',
  'mirror_traffic',
  'identity',
  'public_network_access',
  'compute',
  'location',
  'type',
]
const deploymentKeys = [
  '$schema',
  'name',
  'type',
  'endpoint_name',
  'model',
  'environment',
  'code_configuration',
  'instance_type',
  'instance_count',
  'environment_variables',
  'request_settings',
  'liveness_probe',
  'readiness_probe',
  'scale_settings',
  'data_collector',
  'app_insights_enabled',
  'egress_public_network_access',
  'description',
  'tags',
  'properties',
  'model_mount_path',
  'resources',
  'location',
]
const authModes: Readonly<Record<string, string>> = { key: 'Key', aml_token: 'AMLToken', aad_token: 'AADToken' }

export async function onlineEndpoint(node: YamlNode, assets: WorkspaceAssets, name?: string): Promise<WireResource> {
  node.only(endpointKeys)
  return {
    id: `${assets.workspaceId}/onlineEndpoints/${name ?? node.need('name').text()}`,
    body: compact({
      location: node.get('location')?.text() ?? 'local',
      tags: node.get('tags')?.texts(),
      identity: { type: 'SystemAssigned' },
      properties: compact({
        authMode: authModes[node.get('auth_mode')?.oneOf(Object.keys(authModes)) ?? 'key'],
        description: node.get('description')?.text(),
        properties: node.get('properties')?.texts(),
        traffic: percents(node.get('traffic')),
        mirrorTraffic: percents(node.get('mirror_traffic')),
        compute: node.get('compute')?.text(),
        publicNetworkAccess: node.get('public_network_access')?.text(),
      }),
    }),
  }
}

function percents(node: YamlNode | undefined): Record<string, number> | undefined {
  return node === undefined ? undefined : Object.fromEntries(node.entries().map(([name, entry]) => [name, entry.number()]))
}

/** @param endpoint wins over `endpoint_name` of the file */
export async function onlineDeployment(
  node: YamlNode,
  assets: WorkspaceAssets,
  names: { name?: string; endpoint?: string } = {},
): Promise<WireResource> {
  node.only(deploymentKeys)
  const endpoint = names.endpoint ?? node.need('endpoint_name').text()
  return {
    id: `${assets.workspaceId}/onlineEndpoints/${endpoint}/deployments/${names.name ?? node.need('name').text()}`,
    body: compact({
      location: node.get('location')?.text() ?? 'local',
      tags: node.get('tags')?.texts(),
      sku: { name: 'Default', capacity: node.get('instance_count')?.number() ?? 1 },
      properties: compact({ ...hosting(node), ...(await servedAssets(node, assets)) }),
    }),
  }
}

/** What a deployment serves: model, environment, code. */
async function servedAssets(node: YamlNode, assets: WorkspaceAssets): Promise<Record<string, unknown>> {
  const code = node.get('code_configuration')?.only(['code', 'scoring_script'])
  const environment = node.get('environment')
  const model = node.get('model')
  return {
    model: model === undefined ? undefined : await modelReference(model, assets),
    environmentId: environment === undefined ? undefined : await environmentId(environment, assets),
    codeConfiguration:
      code === undefined
        ? undefined
        : { codeId: await codeId(code.need('code'), assets), scoringScript: code.need('scoring_script').text() },
  }
}

/** How a deployment serves: machines, probes, limits, collection. */
function hosting(node: YamlNode): Record<string, unknown> {
  return {
    endpointComputeType: node.get('type')?.oneOf(['managed', 'kubernetes']) === 'kubernetes' ? 'Kubernetes' : 'Managed',
    instanceType: node.get('instance_type')?.text() ?? 'Standard_DS3_v2',
    environmentVariables: node.get('environment_variables')?.texts() ?? {},
    requestSettings: requestSettings(node),
    livenessProbe: probe(node.get('liveness_probe')),
    readinessProbe: probe(node.get('readiness_probe')),
    scaleSettings: scaleSettings(node) ?? { scaleType: 'Default' },
    dataCollector: dataCollector(node),
    appInsightsEnabled: node.get('app_insights_enabled')?.boolean(),
    egressPublicNetworkAccess: node.get('egress_public_network_access')?.text(),
    modelMountPath: node.get('model_mount_path')?.text(),
    description: node.get('description')?.text(),
    properties: node.get('properties')?.texts() ?? {},
  }
}

function requestSettings(node: YamlNode): Record<string, unknown> | undefined {
  const settings = node
    .get('request_settings')
    ?.only(['request_timeout_ms', 'max_concurrent_requests_per_instance', 'max_queue_wait_ms'])
  if (settings === undefined) return undefined
  const milliseconds = (key: string) => {
    const found = settings.get(key)
    return found === undefined ? undefined : durationOfSeconds(found.number() / 1000)
  }
  return compact({
    requestTimeout: milliseconds('request_timeout_ms'),
    maxQueueWait: milliseconds('max_queue_wait_ms'),
    maxConcurrentRequestsPerInstance: settings.get('max_concurrent_requests_per_instance')?.number(),
  })
}

function probe(node: YamlNode | undefined): Record<string, unknown> | undefined {
  const durations = ['initial_delay', 'period', 'timeout']
  return node === undefined
    ? undefined
    : Object.fromEntries(
        node
          .only([...durations, 'failure_threshold', 'success_threshold'])
          .entries()
          .map(([key, entry]) => [camel(key), durations.includes(key) ? durationOf(entry) : entry.number()]),
      )
}

function scaleSettings(node: YamlNode): Record<string, unknown> | undefined {
  const settings = node
    .get('scale_settings')
    ?.only(['type', 'min_instances', 'max_instances', 'polling_interval', 'target_utilization_percentage'])
  if (settings === undefined) return undefined
  if (settings.need('type').oneOf(['default', 'target_utilization']) === 'default') return { scaleType: 'Default' }
  const interval = settings.get('polling_interval')
  return compact({
    scaleType: 'TargetUtilization',
    minInstances: settings.get('min_instances')?.number(),
    maxInstances: settings.get('max_instances')?.number(),
    pollingInterval: interval === undefined ? undefined : durationOf(interval),
    targetUtilizationPercentage: settings.get('target_utilization_percentage')?.number(),
  })
}

function dataCollector(node: YamlNode): Record<string, unknown> | undefined {
  const collector = node.get('data_collector')?.only(['collections', 'rolling_rate', 'sampling_rate', 'request_logging'])
  if (collector === undefined) return undefined
  const collection = (entry: YamlNode): Record<string, unknown> => {
    const enabled = entry.only(['enabled', 'sampling_rate', 'client_id', 'data']).get('enabled')
    const isEnabled = enabled === undefined || String(enabled.value).toLowerCase() === 'true'
    return compact({ dataCollectionMode: isEnabled ? 'Enabled' : 'Disabled', samplingRate: entry.get('sampling_rate')?.number() })
  }
  return compact({
    collections: Object.fromEntries(
      collector
        .need('collections')
        .entries()
        .map(([name, entry]) => [name, collection(entry)]),
    ),
    rollingRate: collector.get('rolling_rate')?.text(),
    requestLogging: collector.get('request_logging')?.value,
  })
}
