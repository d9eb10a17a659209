import {
  at,
  identity,
  lower,
  part,
  snakeKeys,
  table,
  unlessEmpty,
  wholeSeconds,
  withValues,
  type Entity,
  type Wire,
} from './translate.ts'

const shared = {
  name: 'name',
  id: 'id',
  location: 'location',
  description: 'properties.description',
  provisioning_state: 'properties.provisioningState',
  provisioning_errors: at('properties.provisioningErrors', (value) =>
    Array.isArray(value) && value.length > 0 ? JSON.stringify(value) : undefined,
  ),
  created_on: 'properties.createdOn',
  resource_id: 'properties.resourceId',
  tags: (wire: Wire): unknown => wire['tags'] ?? {},
} as const

const settings = (wire: Wire): Wire => part(part(wire['properties'])['properties'])

const cluster = table({
  ...shared,
  tags: at('tags', unlessEmpty),
  type: () => 'amlcompute',
  size: 'properties.properties.vmSize',
  tier: at('properties.properties.vmPriority', (value) => (lower(value) === 'lowpriority' ? 'low_priority' : lower(value))),
  min_instances: 'properties.properties.scaleSettings.minNodeCount',
  max_instances: 'properties.properties.scaleSettings.maxNodeCount',
  idle_time_before_scale_down: at('properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown', wholeSeconds),
  ssh_public_access_enabled: (wire) => lower(settings(wire)['remoteLoginPortPublicAccess'] ?? '') === 'enabled',
  ssh_settings: at('properties.properties.userAccountCredentials', snakeKeys),
  network_settings: (wire) => withValues([['subnet', part(settings(wire)['subnet'])['id']]]),
  enable_node_public_ip: 'properties.properties.enableNodePublicIp',
  identity: at('identity', identity),
})

const instance = table({
  ...shared,
  type: () => 'computeinstance',
  size: 'properties.properties.vmSize',
  state: 'properties.properties.state',
  ssh_public_access_enabled: at('properties.properties.sshSettings.sshPublicAccess', (value) => lower(value) === 'enabled'),
  last_operation: at('properties.properties.lastOperation', snakeKeys),
  services: at('properties.properties.applications', (value) =>
    (Array.isArray(value) ? value : []).map((entry: Wire) => ({
      display_name: entry['displayName'],
      endpoint_uri: entry['endpointUri'],
    })),
  ),
  idle_time_before_shutdown: 'properties.properties.idleTimeBeforeShutdown',
  enable_node_public_ip: 'properties.properties.enableNodePublicIp',
  identity: at('identity', identity),
})

const kubernetes = table({
  ...shared,
  type: () => 'kubernetes',
  namespace: 'properties.properties.namespace',
  properties: 'properties.properties',
  identity: at('identity', identity),
})

const machine = table({ ...shared, type: () => 'virtualmachine', ssh_settings: at('properties.properties', snakeKeys) })
const spark = table({
  ...shared,
  type: () => 'synapsespark',
  identity: at('identity', identity),
  node_count: 'properties.properties.nodeCount',
})
const other = table({ ...shared, type: at('properties.computeType', lower) })

/** @see azure.ai.ml._schema.compute */
export function computeEntity(wire: Wire): Entity {
  const type = lower(part(wire['properties'])['computeType'] ?? '')
  const entity = { amlcompute: cluster, computeinstance: instance, kubernetes, virtualmachine: machine, synapsespark: spark }[
    type
  ]
  return (entity ?? other)(wire)
}
