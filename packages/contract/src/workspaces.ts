import { z } from 'zod'
import { listSchema, resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Resource groups, workspaces, registries and the neighbours that a workspace depends on. */

export const machineLearningNamespace = 'Microsoft.MachineLearningServices'
/** Tag of a resource group that says which environment it is. */
export const environmentTag = 'fulcrum.environment'
export const environmentLabels = ['dev', 'qa', 'test', 'prod', 'shrd'] as const
export type EnvironmentLabel = (typeof environmentLabels)[number]

const id = z.string().max(2048).nullish()
/** Templates give switches as texts. */
const flag = z.preprocess(
  (value) => (typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value),
  z.boolean().nullish(),
)
const allVerbs = ['list', 'get', 'put', 'patch', 'delete'] as const
const plain = z.looseObject({}).default({})

export const workspaceProperties = z
  .looseObject({
    friendlyName: z.string().max(260).nullish(),
    description: z.string().max(5000).nullish(),
    storageAccount: id,
    keyVault: id,
    applicationInsights: id,
    containerRegistry: id,
    hbiWorkspace: flag,
    publicNetworkAccess: z.string().nullish(),
    v1LegacyMode: flag,
  })
  .default({})
export type WorkspaceProperties = z.output<typeof workspaceProperties>

export const registryProperties = z
  .looseObject({
    regionDetails: z.array(z.looseObject({ location: z.string().nullish() })).nullish(),
    publicNetworkAccess: z.string().nullish(),
  })
  .default({})

const tracked = (type: string, noun: string, title: string) =>
  resourceKind({
    type,
    noun,
    title,
    tracked: true,
    verbs: allVerbs,
    properties: plain,
    example: { location: 'local', tags: {}, properties: {} },
  })

export const resourceGroupKind = resourceKind({
  type: 'Microsoft.Resources/resourceGroups',
  noun: 'resourceGroups',
  title: 'Resource group',
  tracked: true,
  verbs: allVerbs,
  namePattern: /^[A-Za-z0-9_(][A-Za-z0-9_().-]{0,88}[A-Za-z0-9_()-]$|^[A-Za-z0-9_()]$/,
  properties: plain,
  example: { location: 'local', tags: { [environmentTag]: 'dev' } },
})
export const workspaceKind = resourceKind({
  type: `${machineLearningNamespace}/workspaces`,
  noun: 'workspaces',
  title: 'Workspace',
  tracked: true,
  createdStatus: 200,
  verbs: allVerbs,
  namePattern: /^[A-Za-z0-9][A-Za-z0-9_-]{1,32}$/,
  properties: workspaceProperties,
  example: { location: 'local', tags: {}, identity: { type: 'SystemAssigned' }, properties: { friendlyName: 'Flights (dev)' } },
})
export const registryKind = resourceKind({
  type: `${machineLearningNamespace}/registries`,
  noun: 'registries',
  title: 'Registry',
  tracked: true,
  verbs: allVerbs,
  namePattern: /^[A-Za-z0-9][A-Za-z0-9_-]{1,32}$/,
  properties: registryProperties,
  example: { location: 'local', tags: {}, properties: { regionDetails: [{ location: 'local' }] } },
})
export const keyVaultKind = tracked('Microsoft.KeyVault/vaults', 'keyVaults', 'Key vault')
export const applicationInsightsKind = tracked(
  'Microsoft.Insights/components',
  'applicationInsights',
  'Application Insights component',
)
export const logAnalyticsKind = tracked(
  'Microsoft.OperationalInsights/workspaces',
  'logAnalyticsWorkspaces',
  'Log Analytics workspace',
)
export const containerRegistryKind = tracked(
  'Microsoft.ContainerRegistry/registries',
  'containerRegistries',
  'Container registry',
)

export const workspaceKinds = [
  resourceGroupKind,
  workspaceKind,
  registryKind,
  keyVaultKind,
  applicationInsightsKind,
  logAnalyticsKind,
  containerRegistryKind,
]

const subscription = '/subscriptions/{subscriptionId}'
const pageQuery = z.looseObject({
  $top: z.coerce.number().int().min(1).max(1000).optional(),
  $skipToken: z.string().max(2048).optional(),
})
const subscriptionSchema = z.looseObject({
  id: z.string(),
  subscriptionId: z.string(),
  displayName: z.string(),
  state: z.string(),
  tenantId: z.string(),
})

const listBySubscription = (noun: string, type: string, title: string) =>
  operation({
    id: `${noun}.listBySubscription`,
    method: 'GET',
    path: `${subscription}/providers/${type}`,
    scope: subscription,
    summary: `Lists each ${title} of the subscription that the caller may read.`,
    action: `${type}/read`,
    filtered: true,
    query: pageQuery,
    response: listSchema,
  })

export const workspaceOperations = {
  listSubscriptions: operation({
    id: 'subscriptions.list',
    method: 'GET',
    path: '/subscriptions',
    summary: 'The subscription of this instance.',
    action: 'authenticated',
    scope: '/',
    response: z.object({ value: z.array(subscriptionSchema), nextLink: z.null() }),
  }),
  getSubscription: operation({
    id: 'subscriptions.get',
    method: 'GET',
    path: subscription,
    summary: 'Gets the subscription of this instance.',
    action: 'authenticated',
    response: subscriptionSchema,
  }),
  listWorkspaces: listBySubscription('workspaces', `${machineLearningNamespace}/workspaces`, 'workspace'),
  listRegistries: listBySubscription('registries', `${machineLearningNamespace}/registries`, 'registry'),
  discovery: operation({
    id: 'workspaces.discovery',
    method: 'GET',
    path: '/discovery/{rest*}',
    aliases: ['/discovery'],
    action: 'public',
    dialect: 'platform',
    summary: 'Base addresses of the data plane, as clients read them from `discoveryUrl`.',
    response: z.looseObject({ api: z.string(), history: z.string() }),
  }),
  registryDiscovery: operation({
    id: 'registries.discovery',
    method: 'GET',
    path: '/registrymanagement/v1.0/registries/{registryName}/discovery',
    action: 'authenticated',
    scope: '/',
    summary: 'Where a registry answers, as clients look it up by name.',
    response: z.looseObject({ registryName: z.string(), primaryRegionResourceProviderUri: z.string() }),
  }),
  metadata: operation({
    id: 'platform.cloudMetadata',
    method: 'GET',
    path: '/metadata/endpoints',
    action: 'public',
    dialect: 'platform',
    summary: 'Cloud metadata (ARM_CLOUD_METADATA_URL) that makes SDKs treat this instance as a cloud.',
  }),
}
