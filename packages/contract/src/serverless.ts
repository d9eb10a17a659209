import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Serverless endpoints and marketplace subscriptions: models of Azure's catalogue. They are kept and listed; nothing serves them here. */

const workspaces = 'Microsoft.MachineLearningServices/workspaces'
const workspaceBase = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${workspaces}/{workspaceName}`
const endpointBase = `${workspaceBase}/serverlessEndpoints/{serverlessEndpointName}`
const catalogueModel = 'azureml://registries/azureml-meta/models/Llama-2-7b-chat'

export const serverlessEndpointKind = resourceKind({
  type: `${workspaces}/serverlessEndpoints`,
  noun: 'serverlessEndpoints',
  title: 'Serverless endpoint',
  tracked: true,
  verbs: ['list', 'get', 'put', 'patch', 'delete'],
  properties: z.looseObject({
    authMode: z.string().nullish(),
    modelSettings: z.looseObject({ modelId: z.string().min(1) }),
    contentSafety: z.looseObject({}).nullish(),
  }),
  example: {
    location: 'local',
    sku: { name: 'Consumption' },
    properties: { authMode: 'Key', modelSettings: { modelId: catalogueModel } },
  },
})

export const marketplaceSubscriptionKind = resourceKind({
  type: `${workspaces}/marketplaceSubscriptions`,
  noun: 'marketplaceSubscriptions',
  title: 'Marketplace subscription',
  properties: z.looseObject({ modelId: z.string().min(1) }),
  example: { properties: { modelId: catalogueModel } },
})

export const serverlessKinds = [serverlessEndpointKind, marketplaceSubscriptionKind]

export const serverlessOperations = {
  listKeys: operation({
    id: 'serverlessEndpoints.listKeys',
    method: 'POST',
    path: `${endpointBase}/listKeys`,
    summary: 'Keys of a serverless endpoint: there are none where nothing serves it; answers NotSupported.',
    action: `${workspaces}/serverlessEndpoints/listKeys/action`,
    scope: endpointBase,
    body: z.looseObject({}).nullish(),
    errors: ['NotSupported'],
    example: {},
  }),
}
