import type { WireResource } from './assets.ts'
import { resourceIdentity } from './endpoints.ts'
import {
  as,
  boolean,
  choice,
  integer,
  listOf,
  mapping,
  raw,
  type Rule,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { camel, compact, pascal, plain } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

/** Workspaces, registries and connections. */

const publicAccess = choice({ enabled: 'Enabled', disabled: 'Disabled' })

/** Outbound rules of a managed network, by name. */
const outboundRules: Rule = async (node, run) => {
  const result: Record<string, unknown> = {}
  for (const rule of node.items()) {
    const type = rule.need('type').oneOf(['fqdn', 'private_endpoint', 'service_tag'])
    const wire = type === 'fqdn' ? 'FQDN' : pascal(type)
    const destination = rule.need('destination')
    const members = await translate(
      rule,
      { name: unsent, type: unsent, destination: unsent, fqdns: raw, category: unsent, status: unsent },
      run,
    )
    result[rule.need('name').text()] = {
      type: wire,
      category: 'UserDefined',
      destination: destination.isMapping() ? camelMembers(destination) : destination.text(),
      ...members,
    }
  }
  return result
}

function camelMembers(node: YamlNode): Record<string, unknown> {
  return Object.fromEntries(node.entries().map(([key, entry]) => [camel(key), entry.value]))
}

const managedNetwork: Rule = async (node, run) => ({
  firewallSku: 'Standard',
  ...(await translate(node, managedNetworkShape, run)),
})

const managedNetworkShape: Shape = {
  isolation_mode: (node) => pascal(node.oneOf(['disabled', 'allow_internet_outbound', 'allow_only_approved_outbound'])),
  outbound_rules: outboundRules,
  firewall_sku: (node) => pascal(node.text()),
  network_id: unsent,
  status: unsent,
}

const workspaceShape: Shape = {
  name: unsent,
  id: unsent,
  resource_group: unsent,
  discovery_url: unsent,
  mlflow_tracking_uri: unsent,
  kind: unsent,
  location: text,
  tags: texts,
  identity: resourceIdentity,
  display_name: as('friendlyName', text),
  description: text,
  hbi_workspace: boolean,
  storage_account: text,
  container_registry: text,
  key_vault: text,
  application_insights: text,
  customer_managed_key: mapping({ key_vault: text, key_uri: text, cosmosdb_id: text, storage_id: text, search_id: text }),
  image_build_compute: text,
  public_network_access: publicAccess,
  primary_user_assigned_identity: text,
  managed_network: managedNetwork,
  network_acls: mapping({ default_action: text, ip_rules: listOf(mapping({ value: text })) }),
  system_datastores_auth_mode: text,
  serverless_compute: mapping({ custom_subnet: text, no_public_ip: boolean }),
  enable_data_isolation: boolean,
  provision_network_now: boolean,
  allow_roleassignment_on_rg: boolean,
  feature_store_settings: raw,
}

/** Where a workspace or registry is written: beside the workspace that the run is about. */
function siblingId(run: Run, collection: 'workspaces' | 'registries', name: string): string {
  const end = run.assets.workspaceId.search(/\/(workspaces|registries)\//i)
  return `${run.assets.workspaceId.slice(0, end < 0 ? undefined : end)}/${collection}/${name}`
}

export async function workspace(node: YamlNode, run: Run): Promise<WireResource> {
  const { location, tags, identity, customerManagedKey, ...properties } = await translate(node, workspaceShape, run)
  return {
    id: siblingId(run, 'workspaces', node.need('name').text()),
    body: {
      location: location ?? 'local',
      tags: tags ?? {},
      identity: identity ?? { type: 'SystemAssigned' },
      properties: compact({ ...properties, encryption: encryptionOf(customerManagedKey) }),
    },
  }
}

function encryptionOf(key: unknown): unknown {
  if (!plain(key)) return undefined
  return {
    status: 'Enabled',
    keyVaultProperties: { keyVaultArmId: key['keyVault'], keyIdentifier: key['keyUri'] },
    ...compact({
      cosmosDbResourceId: key['cosmosdbId'],
      storageAccountResourceId: key['storageId'],
      searchAccountResourceId: key['searchId'],
    }),
  }
}

const storageConfig: Rule = async (node, run) => {
  const settings: Shape = { storage_account_hns: boolean, storage_account_type: text, replication_count: integer }
  const found: Record<string, unknown> = node.isMapping() ? await translate(node, settings, run) : {}
  if (Array.isArray(node.value))
    return node.value.map((value) => ({ userCreatedStorageAccount: { armResourceId: { resourceId: value } } }))
  return storageAccounts(found)
}

function storageAccounts(settings: Readonly<Record<string, unknown>>): unknown[] {
  const one = {
    systemCreatedStorageAccount: {
      storageAccountHnsEnabled: settings['storageAccountHns'] ?? false,
      storageAccountType: String(settings['storageAccountType'] ?? 'standard_lrs').toLowerCase(),
    },
  }
  return Array.from({ length: Number(settings['replicationCount'] ?? 1) }, () => one)
}

export async function registry(node: YamlNode, run: Run): Promise<WireResource> {
  const region: Rule = async (entry, context) => {
    const found = await translate(entry, { location: text, storage_config: storageConfig }, context)
    return {
      location: found['location'],
      acrDetails: [{ systemCreatedAcrAccount: { acrAccountSku: 'Premium' } }],
      storageAccountDetails: found['storageConfig'] ?? storageAccounts({}),
    }
  }
  const shape: Shape = {
    name: unsent,
    id: unsent,
    location: text,
    tags: texts,
    description: unsent,
    public_network_access: publicAccess,
    intellectual_property: (entry) => ({ publisher: entry.get('publisher')?.text() }),
    managed_resource_group: unsent,
    container_registry: unsent,
    replication_locations: as('regionDetails', listOf(region)),
  }
  const { location, tags, intellectualProperty, ...properties } = await translate(node, shape, run)
  const publisher = plain(intellectualProperty) ? intellectualProperty['publisher'] : undefined
  return {
    id: siblingId(run, 'registries', node.need('name').text()),
    body: {
      location: location ?? 'local',
      tags: tags ?? {},
      identity: { type: 'SystemAssigned' },
      properties: compact({ managedResourceGroupTags: tags ?? {}, intellectualPropertyPublisher: publisher, ...properties }),
    },
  }
}

const authTypes: Readonly<Record<string, string>> = {
  pat: 'PAT',
  username_password: 'UsernamePassword',
  access_key: 'AccessKey',
  account_key: 'AccountKey',
  managed_identity: 'ManagedIdentity',
  service_principal: 'ServicePrincipal',
  sas: 'SAS',
  api_key: 'ApiKey',
  aad: 'AAD',
  none: 'None',
}
const categories: Readonly<Record<string, string>> = {
  azure_open_ai: 'AzureOpenAI',
  azure_ai_search: 'CognitiveSearch',
  azure_ai_services: 'AIServices',
  azure_blob: 'AzureBlob',
  azure_my_sql_db: 'AzureMySqlDb',
  azure_synapse_analytics: 'AzureSynapseAnalytics',
  custom: 'CustomKeys',
}

const secretShape: Shape = {
  type: unsent,
  pat: text,
  sas_token: as('sas', text),
  username: text,
  password: text,
  client_id: text,
  resource_id: text,
  client_secret: text,
  tenant_id: text,
  access_key_id: text,
  secret_access_key: text,
  account_key: as('key', text),
  key: text,
}

/** Members that a kind of connection has beside the shared ones; they travel in `metadata`. */
const connectionMetadata = ['api_version', 'account_name', 'container_name', 'open_ai_resource_id', 'ai_services_resource_id']

export async function connection(node: YamlNode, run: Run): Promise<WireResource> {
  const shape: Shape = {
    name: unsent,
    id: unsent,
    type: unsent,
    description: unsent,
    tags: unsent,
    target: text,
    endpoint: as('target', text),
    azure_endpoint: as('target', text),
    url: as('target', text),
    api_base: as('target', text),
    api_key: unsent,
    is_shared: as('isSharedToAll', boolean),
    metadata: texts,
    credentials: (entry, context) => translate(entry, secretShape, context),
    ...Object.fromEntries(connectionMetadata.map((key) => [key, unsent])),
  }
  const members = await translate(node, shape, run)
  const type = node.need('type').text().toLowerCase()
  const apiKey = node.get('api_key')?.text()
  const auth = node.get('credentials')?.need('type').oneOf(Object.keys(authTypes)) ?? (apiKey === undefined ? 'none' : 'api_key')
  const extra = Object.fromEntries(
    connectionMetadata.flatMap((key) => (node.get(key) === undefined ? [] : [[pascal(key), node.need(key).text()]])),
  )
  return {
    id: `${run.assets.workspaceId}/connections/${node.need('name').text()}`,
    body: {
      properties: compact({
        isSharedToAll: true,
        ...members,
        metadata: { ...(plain(members['metadata']) ? members['metadata'] : {}), ...extra, ...texted(node) },
        category: categories[type] ?? pascal(type),
        authType: authTypes[auth],
        credentials: apiKey === undefined ? members['credentials'] : { key: apiKey },
      }),
    },
  }
}

/** Description and tags have no place of their own on the wire. */
function texted(node: YamlNode): Record<string, string> {
  const tags = node.get('tags')
  const found = Object.fromEntries(tags?.entries().map(([key, entry]) => [key, entry.text()]) ?? [])
  const description = node.get('description')?.text()
  return description === undefined ? found : { ...found, description }
}
