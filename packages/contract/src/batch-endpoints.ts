import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { oneOf } from './one-of.ts'
import { operation } from './operation.ts'
import { stringMap } from './string-map.ts'

/** Batch endpoints, their deployments, and the jobs that invoking them starts. */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const endpointType = 'Microsoft.MachineLearningServices/workspaces/batchEndpoints'
const deploymentType = `${endpointType}/deployments`
const endpointBase = `${workspaceBase}/batchEndpoints/{batchEndpointName}`
const deploymentBase = `${endpointBase}/deployments/{deploymentName}`

export const batchEndpointPropertiesSchema = z.looseObject({
  authMode: oneOf(['AADToken']).nullish(),
  description: z.string().max(5000).nullish(),
  /** Where invocations go that name no deployment. */
  defaults: z.looseObject({ deploymentName: z.string().nullish() }).nullish(),
  properties: stringMap.nullish(),
})

const count = z.coerce.number().int()

export const batchDeploymentPropertiesSchema = z.looseObject({
  description: z.string().max(5000).nullish(),
  compute: z.string().nullish(),
  model: z.looseObject({ referenceType: z.string().nullish(), assetId: z.string().nullish() }).nullish(),
  codeConfiguration: z.looseObject({ codeId: z.string().nullish(), scoringScript: z.string().min(1).max(1000) }).nullish(),
  environmentId: z.string().nullish(),
  environmentVariables: stringMap.nullish(),
  resources: z.looseObject({ instanceCount: count.min(1).max(100).nullish() }).nullish(),
  /** Files for each call of `run`. */
  miniBatchSize: count.min(1).nullish(),
  maxConcurrencyPerInstance: count.min(1).max(100).nullish(),
  /** Failed files that are allowed; −1 = any number. */
  errorThreshold: count.min(-1).nullish(),
  retrySettings: z.looseObject({ maxRetries: count.min(0).nullish(), timeout: z.string().nullish() }).nullish(),
  outputAction: oneOf(['AppendRow', 'SummaryOnly']).nullish(),
  outputFileName: z.string().nullish(),
  loggingLevel: z.string().nullish(),
  deploymentConfiguration: z
    .looseObject({
      deploymentConfigurationType: z.string(),
      componentId: z.looseObject({ referenceType: z.string().nullish(), assetId: z.string().nullish() }).nullish(),
      settings: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  properties: stringMap.nullish(),
})

const namePattern = /^[A-Za-z](?:-?[A-Za-z0-9]){2,31}$/

export const batchEndpointKinds = [
  resourceKind({
    type: endpointType,
    noun: 'batchEndpoints',
    title: 'Batch endpoint',
    tracked: true,
    verbs: ['list', 'get', 'put', 'patch', 'delete'],
    namePattern,
    properties: batchEndpointPropertiesSchema,
    example: { location: 'local', properties: { authMode: 'AADToken' } },
  }),
  resourceKind({
    type: deploymentType,
    noun: 'batchDeployments',
    title: 'Batch deployment',
    tracked: true,
    longRunning: true,
    verbs: ['list', 'get', 'put', 'patch', 'delete'],
    namePattern,
    properties: batchDeploymentPropertiesSchema,
    example: {
      location: 'local',
      properties: { model: { referenceType: 'Id', assetId: 'azureml:churn:1' }, compute: 'local', miniBatchSize: 10 },
    },
  }),
]

const invocationBody = z.looseObject({ properties: z.looseObject({}).nullish() })
const batchJob = z.looseObject({ id: z.string(), name: z.string(), properties: z.looseObject({ status: z.string() }) })
const listQuery = z.looseObject({
  $top: z.coerce.number().int().min(1).max(1000).optional(),
  $skiptoken: z.string().max(200).optional(),
})
const example = {
  properties: {
    inputData: { UriFolder: { jobInputType: 'UriFolder', uri: 'azureml://datastores/workspaceblobstore/paths/in/' } },
  },
}

/** Invoke, list and get below an endpoint or one of its deployments. */
function jobOperations(base: string, noun: string, type: string, what: string) {
  return {
    invoke: operation({
      id: `${noun}.invoke`,
      method: 'POST',
      path: `${base}/jobs`,
      summary: `Starts a batch job with ${what}. The job runs with the rights of the caller.`,
      action: `${type}/jobs/write`,
      body: invocationBody,
      response: batchJob,
      success: [201],
      example,
    }),
    listJobs: operation({
      id: `${noun}.listJobs`,
      method: 'GET',
      path: `${base}/jobs`,
      summary: `The jobs that were started with ${what}, newest first.`,
      action: `${type}/jobs/read`,
      query: listQuery,
      response: z.object({ value: z.array(batchJob), nextLink: z.string().nullable() }),
    }),
    getJob: operation({
      id: `${noun}.getJob`,
      method: 'GET',
      path: `${base}/jobs/{jobName}`,
      summary: `One job that was started with ${what}.`,
      action: `${type}/jobs/read`,
      response: batchJob,
    }),
  }
}

const ofEndpoint = jobOperations(endpointBase, 'batchEndpoints', endpointType, 'this endpoint')
const ofDeployment = jobOperations(deploymentBase, 'batchDeployments', deploymentType, 'this deployment')

export const batchEndpointOperations = {
  invoke: ofEndpoint.invoke,
  listJobs: ofEndpoint.listJobs,
  getJob: ofEndpoint.getJob,
  invokeDeployment: ofDeployment.invoke,
  listDeploymentJobs: ofDeployment.listJobs,
  getDeploymentJob: ofDeployment.getJob,
  listKeys: operation({
    id: 'batchEndpoints.listKeys',
    method: 'POST',
    path: `${endpointBase}/listkeys`,
    summary: 'Batch endpoints have no keys: their callers use their own tokens. Answers an error that says so.',
    action: `${endpointType}/listKeys/action`,
    success: [200],
    errors: ['BadRequest'],
  }),
}
