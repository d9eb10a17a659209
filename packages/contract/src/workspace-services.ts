import { z } from 'zod'
import { resourceKind, resourceSchema } from './kind.ts'
import { operation } from './operation.ts'

/** What Azure's clients ask of a workspace besides its assets: connections, diagnosis, a token for notebooks, networks. */

const namespace = 'Microsoft.MachineLearningServices'
const workspaceBase = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${namespace}/workspaces/{workspaceName}`
const connectionBase = `${workspaceBase}/connections/{connectionName}`

export const connectionAuthTypes = [
  'PAT',
  'ManagedIdentity',
  'UsernamePassword',
  'None',
  'SAS',
  'ServicePrincipal',
  'AccessKey',
  'AccountKey',
  'ApiKey',
  'CustomKeys',
  'OAuth2',
  'AAD',
] as const

const authType = z.string().transform((given, context) => {
  const found = connectionAuthTypes.find((known) => known.toLowerCase() === given.toLowerCase())
  if (found !== undefined) return found
  context.addIssue({ code: 'custom', message: `'${given}' is no authType; there are: ${connectionAuthTypes.join(', ')}.` })
  return z.NEVER
})

export const connectionProperties = z.looseObject({
  authType,
  category: z.string().min(1).max(100),
  target: z.string().max(2048).nullish(),
  credentials: z.looseObject({}).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  /** An older form of the secret, as text. */
  value: z.string().nullish(),
  expiryTime: z.string().nullish(),
  isSharedToAll: z.boolean().nullish(),
})
export type ConnectionProperties = z.output<typeof connectionProperties>

export const connectionKind = resourceKind({
  type: `${namespace}/workspaces/connections`,
  noun: 'connections',
  title: 'Connection',
  createdStatus: 200,
  verbs: ['list', 'get', 'put', 'patch', 'delete'],
  properties: connectionProperties,
  example: {
    properties: { authType: 'PAT', category: 'Git', target: 'https://git.example', credentials: { pat: 'a token of that host' } },
  },
})

const onWorkspace = <Name extends string>(name: Name, summary: string, right = `${name}/action`) =>
  operation({
    id: `workspaces.${name}`,
    method: 'POST',
    path: `${workspaceBase}/${name}`,
    scope: workspaceBase,
    summary,
    action: `${namespace}/workspaces/${right}`,
  })

const empty = (name: string, summary: string) =>
  operation({
    id: `workspaces.${name}`,
    method: 'GET',
    path: `${workspaceBase}/${name}`,
    scope: workspaceBase,
    summary,
    action: `${namespace}/workspaces/read`,
    response: z.looseObject({ value: z.array(z.unknown()) }),
  })

export const workspaceServiceOperations = {
  connectionSecrets: operation({
    id: 'connections.listSecrets',
    method: 'POST',
    path: `${connectionBase}/listSecrets`,
    scope: connectionBase,
    summary: 'The connection with its credentials.',
    action: `${namespace}/workspaces/connections/listsecrets/action`,
    response: resourceSchema,
  }),
  listKeys: operation({
    ...onWorkspace('listKeys', 'Keys of what the workspace depends on.'),
    response: z.looseObject({ userStorageKey: z.string().optional() }),
  }),
  listStorageAccountKeys: operation({
    ...onWorkspace('listStorageAccountKeys', 'The key of the storage account of the workspace.'),
    response: z.looseObject({ userStorageKey: z.string().optional() }),
  }),
  resyncKeys: onWorkspace('resyncKeys', 'Makes the workspace read the keys of what it depends on again.'),
  diagnose: onWorkspace('diagnose', 'Looks for what keeps a workspace from working: missing neighbours and locks.'),
  notebookToken: operation({
    ...onWorkspace('listNotebookAccessToken', 'A token for tools beside the workspace; the caller’s own rights, for 15 minutes.'),
    response: z.looseObject({ accessToken: z.string(), expiresIn: z.number(), tokenType: z.string() }),
  }),
  features: empty('features', 'Switches of the workspace that are in preview; there are none.'),
  outboundDependencies: empty('outboundNetworkDependenciesEndpoints', 'Hosts that the workspace must reach; there are none.'),
  privateEndpoints: empty('privateEndpointConnections', 'Private endpoints of the workspace; there are none.'),
  privateLinks: empty('privateLinkResources', 'Groups of private links that the workspace offers; there are none.'),
}

const subscription = '/subscriptions/{subscriptionId}'
const location = `${subscription}/providers/${namespace}/locations/{location}`

const inLocation = (name: string, summary: string) =>
  operation({
    id: `locations.${name}`,
    method: 'GET',
    path: `${location}/${name}`,
    scope: subscription,
    summary,
    action: 'authenticated',
    response: z.looseObject({ value: z.array(z.unknown()) }),
  })

export const subscriptionOperations = {
  vmSizes: inLocation('vmSizes', 'Sizes of computes: this host, whole.'),
  locations: operation({
    id: 'subscriptions.listLocations',
    method: 'GET',
    path: `${subscription}/locations`,
    scope: subscription,
    summary: 'Locations; there is one.',
    action: 'authenticated',
    response: z.looseObject({ value: z.array(z.unknown()) }),
  }),
  tenants: operation({
    id: 'tenants.list',
    method: 'GET',
    path: '/tenants',
    scope: '/',
    summary: 'The tenant of this instance.',
    action: 'authenticated',
    response: z.looseObject({ value: z.array(z.unknown()) }),
  }),
  provider: operation({
    id: 'providers.get',
    method: 'GET',
    path: `${subscription}/providers/{providerNamespace}`,
    scope: subscription,
    summary: 'A provider of resource types, with the types that this server has of it.',
    action: 'authenticated',
    response: z.looseObject({ namespace: z.string(), registrationState: z.string() }),
  }),
  registerProvider: operation({
    id: 'providers.register',
    method: 'POST',
    path: `${subscription}/providers/{providerNamespace}/register`,
    scope: subscription,
    summary: 'Registers a provider of resource types; all that this server has are registered.',
    action: 'authenticated',
    response: z.looseObject({ namespace: z.string(), registrationState: z.string() }),
  }),
  resourceGroupExists: operation({
    id: 'resourceGroups.exists',
    method: 'HEAD',
    path: `${subscription}/resourceGroups/{resourceGroupName}`,
    summary: 'Says whether a resource group exists: 204 or 404.',
    action: 'Microsoft.Resources/resourceGroups/read',
    success: [204],
  }),
}

/** Deployments of templates, as far as workspaces are made by them. */
const deploymentBase = `${subscription}/resourceGroups/{resourceGroupName}/providers/Microsoft.Resources/deployments/{deploymentName}`

const deploymentProperties = z.looseObject({
  mode: z.string().nullish(),
  template: z.looseObject({}).nullish(),
  parameters: z.looseObject({}).nullish(),
  templateLink: z.looseObject({}).nullish(),
  parametersLink: z.looseObject({}).nullish(),
})

export const deploymentKind = resourceKind({
  type: 'Microsoft.Resources/deployments',
  noun: 'deployments',
  title: 'Deployment',
  verbs: ['list', 'get', 'put', 'delete'],
  namePattern: /^[A-Za-z0-9_().-]{1,64}$/,
  properties: deploymentProperties,
  example: {
    properties: {
      mode: 'Incremental',
      template: {
        $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
        contentVersion: '1.0.0.0',
        parameters: { name: { type: 'string' } },
        resources: [
          { type: `${namespace}/workspaces`, apiVersion: '2024-04-01', name: "[parameters('name')]", location: 'local' },
        ],
      },
      parameters: { name: { value: 'alpha' } },
    },
  },
})

export const deploymentOperations = {
  operations: operation({
    id: 'deployments.listOperations',
    method: 'GET',
    path: `${deploymentBase}/operations`,
    // As the resource manager of 2015 had it; Azure's SDK still asks there.
    aliases: [`${subscription}/resourceGroups/{resourceGroupName}/deployments/{deploymentName}/operations`],
    scope: deploymentBase,
    summary: 'What a deployment did, resource by resource.',
    action: 'Microsoft.Resources/deployments/operations/read',
    response: z.looseObject({ value: z.array(z.unknown()) }),
  }),
}
