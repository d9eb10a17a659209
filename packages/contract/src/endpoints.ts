import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { oneOf } from './one-of.ts'
import { operation } from './operation.ts'
import { stringMap } from './string-map.ts'

/** Online endpoints, their deployments, keys, traffic and figures. */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const endpointType = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints'
const deploymentType = `${endpointType}/deployments`
const endpointBase = `${workspaceBase}/onlineEndpoints/{onlineEndpointName}`
const deploymentBase = `${endpointBase}/deployments/{deploymentName}`

const percents = z.record(z.string(), z.coerce.number().int().min(0).max(100))

export const onlineEndpointPropertiesSchema = z.looseObject({
  authMode: oneOf(['Key', 'AMLToken', 'AADToken']).nullish(),
  description: z.string().max(5000).nullish(),
  /** Percent of requests by deployment name; the sum is 0 or 100. */
  traffic: percents.nullish(),
  /** Percent of requests that are copied to one deployment without live traffic; at most 50. */
  mirrorTraffic: percents.nullish(),
  publicNetworkAccess: z.string().nullish(),
  compute: z.string().nullish(),
  /** Write-only. */
  keys: z
    .looseObject({ primaryKey: z.string().min(8).max(200).nullish(), secondaryKey: z.string().min(8).max(200).nullish() })
    .nullish(),
  properties: stringMap.nullish(),
})
export type OnlineEndpointProperties = z.output<typeof onlineEndpointPropertiesSchema>

const probe = z.looseObject({
  initialDelay: z.string().nullish(),
  period: z.string().nullish(),
  timeout: z.string().nullish(),
  failureThreshold: z.coerce.number().int().min(1).nullish(),
  successThreshold: z.coerce.number().int().min(1).nullish(),
})

export const dataCollectorSchema = z.looseObject({
  collections: z
    .record(
      z.string(),
      z.looseObject({
        dataCollectionMode: oneOf(['Enabled', 'Disabled']).nullish(),
        samplingRate: z.coerce.number().min(0).max(1).nullish(),
        dataId: z.string().nullish(),
        clientId: z.string().nullish(),
      }),
    )
    .default({}),
  requestLogging: z.looseObject({ captureHeaders: z.array(z.string()).nullish() }).nullish(),
  rollingRate: z.string().nullish(),
})

export const onlineDeploymentPropertiesSchema = z.looseObject({
  endpointComputeType: oneOf(['Managed', 'Kubernetes', 'AzureMLCompute']).nullish(),
  model: z.string().nullish(),
  modelMountPath: z.string().nullish(),
  environmentId: z.string().nullish(),
  codeConfiguration: z.looseObject({ codeId: z.string().nullish(), scoringScript: z.string().min(1).max(1000) }).nullish(),
  environmentVariables: stringMap.nullish(),
  instanceType: z.string().nullish(),
  description: z.string().max(5000).nullish(),
  appInsightsEnabled: z.boolean().nullish(),
  requestSettings: z
    .looseObject({
      requestTimeout: z.string().nullish(),
      maxConcurrentRequestsPerInstance: z.coerce.number().int().min(1).max(10_000).nullish(),
      maxQueueWait: z.string().nullish(),
    })
    .nullish(),
  scaleSettings: z.looseObject({ scaleType: z.string() }).nullish(),
  livenessProbe: probe.nullish(),
  readinessProbe: probe.nullish(),
  dataCollector: dataCollectorSchema.nullish(),
  egressPublicNetworkAccess: z.string().nullish(),
  properties: stringMap.nullish(),
})
export type OnlineDeploymentProperties = z.output<typeof onlineDeploymentPropertiesSchema>

const namePattern = /^[A-Za-z](?:-?[A-Za-z0-9]){2,31}$/

export const endpointKinds = [
  resourceKind({
    type: endpointType,
    noun: 'onlineEndpoints',
    title: 'Online endpoint',
    tracked: true,
    longRunning: true,
    verbs: ['list', 'get', 'put', 'patch', 'delete'],
    namePattern,
    properties: onlineEndpointPropertiesSchema,
    example: { location: 'local', properties: { authMode: 'Key' } },
  }),
  resourceKind({
    type: deploymentType,
    noun: 'onlineDeployments',
    title: 'Online deployment',
    tracked: true,
    longRunning: true,
    verbs: ['list', 'get', 'put', 'patch', 'delete'],
    namePattern,
    properties: onlineDeploymentPropertiesSchema,
    example: {
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: { endpointComputeType: 'Managed', model: 'azureml:churn:1' },
    },
  }),
]

const keysSchema = z.object({ primaryKey: z.string(), secondaryKey: z.string() })

const timeRange = z.looseObject({ from: z.string().optional(), to: z.string().optional() })

export const metricSeriesSchema = z.object({
  /** Azure's name: RequestsPerMinute, RequestLatency_P99, … */
  name: z.string(),
  unit: z.string(),
  deployment: z.string(),
  data: z.array(z.object({ timeStamp: z.string(), value: z.number() })),
})
export type MetricSeries = z.infer<typeof metricSeriesSchema>

export const endpointOperations = {
  listKeys: operation({
    id: 'onlineEndpoints.listKeys',
    method: 'POST',
    path: `${endpointBase}/listKeys`,
    summary: 'The two keys of an endpoint.',
    action: `${endpointType}/listKeys/action`,
    response: keysSchema,
  }),
  regenerateKeys: operation({
    id: 'onlineEndpoints.regenerateKeys',
    method: 'POST',
    path: `${endpointBase}/regenerateKeys`,
    summary: 'Replaces one of the two keys; the other goes on working.',
    action: `${endpointType}/regenerateKeys/action`,
    body: z.looseObject({ keyType: oneOf(['Primary', 'Secondary']), keyValue: z.string().min(8).max(200).nullish() }),
    success: [200],
    example: { keyType: 'Secondary' },
  }),
  token: operation({
    id: 'onlineEndpoints.token',
    method: 'POST',
    path: `${endpointBase}/token`,
    summary: 'A short-lived token for scoring, for endpoints with AMLToken.',
    action: `${endpointType}/token/action`,
    response: z.object({
      accessToken: z.string(),
      tokenType: z.string(),
      expiryTimeUtc: z.number(),
      refreshAfterTimeUtc: z.number(),
    }),
  }),
  metrics: operation({
    id: 'onlineEndpoints.metrics',
    method: 'GET',
    path: `${endpointBase}/metrics`,
    summary: 'Requests, errors, latency and load by minute and deployment; the last hour unless `from` and `to` say otherwise.',
    action: `${endpointType}/read`,
    query: timeRange,
    response: z.object({ from: z.string(), to: z.string(), interval: z.string(), value: z.array(metricSeriesSchema) }),
  }),
  trafficLogs: operation({
    id: 'onlineEndpoints.trafficLogs',
    method: 'GET',
    path: `${endpointBase}/trafficLogs`,
    summary: 'Requests that were answered, newest first: all failures and a sample of the successes.',
    action: `${endpointType}/read`,
    query: z.looseObject({
      deployment: z.string().optional(),
      before: z.coerce.number().int().optional(),
      $top: z.coerce.number().int().min(1).max(1000).optional(),
    }),
    response: z.object({ value: z.array(z.looseObject({ id: z.number() })), nextBefore: z.number().nullable() }),
  }),
  score: operation({
    id: 'onlineEndpoints.score',
    method: 'POST',
    path: `${endpointBase}/score`,
    summary:
      'Scores through the gateway with the rights of the caller, so that a test needs no key. Answers what the deployment answers.',
    action: `${endpointType}/score/action`,
    query: z.looseObject({ deployment: z.string().optional() }),
    bodyKind: 'stream',
    success: [200],
  }),
  openApi: operation({
    id: 'onlineEndpoints.openApi',
    method: 'GET',
    path: `${endpointBase}/openapi`,
    summary: 'The OpenAPI document of the endpoint, made from the signature of its model.',
    action: `${endpointType}/read`,
  }),
  getLogs: operation({
    id: 'onlineDeployments.getLogs',
    method: 'POST',
    path: `${deploymentBase}/getLogs`,
    summary: 'The last lines that the workers of a deployment wrote.',
    action: `${deploymentType}/getLogs/action`,
    body: z.looseObject({ tail: z.coerce.number().int().min(1).max(10_000).nullish(), containerType: z.string().nullish() }),
    response: z.object({ content: z.string() }),
    example: { tail: 50, containerType: 'InferenceServer' },
  }),
  skus: operation({
    id: 'onlineDeployments.skus',
    method: 'GET',
    path: `${deploymentBase}/skus`,
    summary: 'How many instances a deployment may have.',
    action: `${deploymentType}/read`,
    response: z.object({ value: z.array(z.looseObject({ resourceType: z.string() })), nextLink: z.string().nullable() }),
  }),
}
