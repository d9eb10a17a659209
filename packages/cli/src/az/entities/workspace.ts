import { at, groupOf, identity, lower, part, snakeKeys, table, type Wire } from './translate.ts'

/** @see azure.ai.ml._schema.workspace.workspace */
export const workspaceEntity = table({
  name: 'name',
  id: 'id',
  location: 'location',
  resource_group: at('id', groupOf),
  description: 'properties.description',
  discovery_url: 'properties.discoveryUrl',
  display_name: 'properties.friendlyName',
  hbi_workspace: 'properties.hbiWorkspace',
  storage_account: 'properties.storageAccount',
  container_registry: 'properties.containerRegistry',
  key_vault: 'properties.keyVault',
  application_insights: 'properties.applicationInsights',
  customer_managed_key: at('properties.encryption', (value) => snakeKeys(part(value)['keyVaultProperties'])),
  tags: 'tags',
  mlflow_tracking_uri: 'properties.mlFlowTrackingUri',
  image_build_compute: 'properties.imageBuildCompute',
  public_network_access: at('properties.publicNetworkAccess', capitalised),
  identity: at('identity', identity),
  primary_user_assigned_identity: 'properties.primaryUserAssignedIdentity',
  managed_network: at('properties.managedNetwork', snakeKeys),
  enable_data_isolation: 'properties.enableDataIsolation',
  kind: at('kind', (value) => (lower(value) === 'default' ? undefined : lower(value))),
})

/** @see azure.ai.ml._schema.registry.registry */
export const registryEntity = table({
  name: 'name',
  id: 'id',
  location: 'location',
  description: 'properties.description',
  display_name: 'properties.displayName',
  tags: 'tags',
  public_network_access: at('properties.publicNetworkAccess', capitalised),
  replication_locations: at('properties.regionDetails', (value) => (Array.isArray(value) ? value : []).map(region)),
  identity: at('identity', identity),
  kind: 'kind',
  sku: at('sku.name'),
  managed_resource_group: at('properties.managedResourceGroup.resourceId'),
  mlflow_registry_uri: 'properties.mlFlowRegistryUri',
  discovery_url: 'properties.discoveryUrl',
})

const region = (value: Wire): unknown => ({ location: value['location'] })

function capitalised(value: unknown): string {
  const text = String(value)
  return `${text.charAt(0).toUpperCase()}${text.slice(1).toLowerCase()}`
}

/** @see azure.ai.ml._schema.workspace.connections */
export const connectionEntity = table({
  name: 'name',
  id: 'id',
  type: at('properties.category', connectionType),
  target: 'properties.target',
  description: 'properties.description',
  tags: 'properties.metadata',
  is_shared: 'properties.isSharedToAll',
  credentials: (wire) => credentials(part(wire['properties'])),
})

function connectionType(value: unknown): string {
  return String(value)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

function credentials(properties: Wire): unknown {
  const type = String(properties['authType'] ?? 'None')
  const names: Readonly<Record<string, string>> = { pat: 'pat', sas: 'sas', aad: 'aad' }
  const snakeName = names[type.toLowerCase()] ?? connectionType(type)
  const secrets = snakeKeys(part(properties['credentials']))
  return { type: snakeName, ...part(secrets) }
}
