import { z } from 'zod'
import { componentContainerProperties, componentExample, componentVersionProperties } from './jobs.ts'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** What registries offer beyond plain resources: upload and download tickets, shares, components; and resolved URIs of assets. */

const machineLearning = 'Microsoft.MachineLearningServices'
const providers = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${machineLearning}`
const registry = `${providers}/registries/{registryName}`
const workspace = `${providers}/workspaces/{workspaceName}`

/** Kinds of assets that a registry holds. */
export const registryAssetKinds = ['codes', 'components', 'data', 'environments', 'models'] as const
export type RegistryAssetKind = (typeof registryAssetKinds)[number]

export const registryComponentKinds = [
  resourceKind({
    type: `${machineLearning}/registries/components`,
    noun: 'registryComponents',
    title: 'Component of a registry',
    properties: componentContainerProperties,
    example: { properties: { description: 'Trains' } },
  }),
  resourceKind({
    type: `${machineLearning}/registries/components/versions`,
    noun: 'registryComponents.versions',
    title: 'Component version',
    properties: componentVersionProperties,
    example: componentExample,
  }),
]

const blobReference = z.looseObject({
  blobUri: z.string(),
  credential: z.looseObject({ credentialType: z.string(), sasUri: z.string() }),
})
const ticket = z.looseObject({ blobReferenceForConsumption: blobReference })
const assetId = z.string().min(1).max(2048)
const versionParameters = '{assetName}/versions/{assetVersion}'
const exampleId = 'azureml://registries/shared/models/churn/versions/7'

const resolvedUris = (base: string, noun: 'data' | 'models', member: string) =>
  operation({
    id: `${noun}.batchGetResolvedUris`,
    method: 'POST',
    path: `${base.replace('{workspace}', workspace)}`,
    summary: 'Where the files of asset versions are, by asset id.',
    action: `${machineLearning}/workspaces/${noun}/versions/read`,
    scope: workspace,
    body: z.looseObject({ values: z.array(assetId).max(1000) }),
    response: z.looseObject({ values: z.record(z.string(), z.looseObject({ [member]: z.string(), type: z.string() })) }),
    example: { values: [exampleId] },
  })

const pendingUpload = (owner: 'workspaces' | 'registries', kind: RegistryAssetKind) =>
  operation({
    id: `${owner === 'workspaces' ? kind : `registry${kind[0]?.toUpperCase()}${kind.slice(1)}`}.versions.startPendingUpload`,
    method: 'POST',
    path: `${owner === 'workspaces' ? workspace : registry}/${kind}/${versionParameters}/startPendingUpload`,
    summary: 'Gives a container of its own and a signed URL to upload the files of a new version.',
    action: `${machineLearning}/${owner}/${kind}/versions/write`,
    body: z.looseObject({ pendingUploadType: z.string().nullish(), pendingUploadId: z.string().nullish() }).default({}),
    response: z.looseObject({ pendingUploadId: z.string(), blobReferenceForConsumption: blobReference }),
    example: { pendingUploadType: 'TemporaryBlobReference' },
  })

export const registryOperations = {
  importAsset: operation({
    id: 'registries.import',
    method: 'POST',
    path: `${registry}/import`,
    summary: 'Shares a model, data, environment or component version with a registry: same files, same digest.',
    action: 'authenticated',
    scope: registry,
    body: z.looseObject({
      properties: z.looseObject({
        referenceType: z.string().nullish(),
        destinationName: z.string(),
        destinationVersion: z.string(),
        sourceAssetId: assetId,
      }),
    }),
    success: [202],
    longRunning: true,
    errors: ['GateRequired', 'ResourceNotFound', 'ResourceAlreadyExists', 'Conflict'],
    example: {
      properties: {
        referenceType: 'Id',
        destinationName: 'churn',
        destinationVersion: '7',
        sourceAssetId: 'azureml://locations/local/workspaces/00000000-0000-0000-0000-000000000000/models/churn/versions/7',
      },
    },
  }),
  createUploadTicket: operation({
    id: 'registries.createTemporaryDataReference',
    method: 'PUT',
    path: `${registry}/tempdatarefs/${versionParameters}`,
    summary:
      'A container of its own, with a signed URL, for the files of a new version of a registry; 409 when the version exists.',
    action: 'authenticated',
    scope: registry,
    body: z.looseObject({ assetId, temporaryDataReferenceType: z.string().nullish() }),
    response: ticket,
    errors: ['ResourceAlreadyExists', 'ResourceNotFound'],
    example: { assetId: exampleId, temporaryDataReferenceType: 'TemporaryBlobReference' },
  }),
  createDownloadTicket: operation({
    id: 'registries.getBlobReference',
    method: 'POST',
    path: `${registry}/datarefs/${versionParameters}`,
    summary: 'A signed URL to read the files of a version of a registry.',
    action: 'authenticated',
    scope: registry,
    body: z.looseObject({ assetId, blobUri: z.string().nullish() }),
    response: ticket,
    errors: ['ResourceNotFound'],
    example: { assetId: exampleId, blobUri: null },
  }),
  dataResolvedUris: resolvedUris('/data/v1.0{workspace}/dataversion/batchGetResolvedUris', 'data', 'uri'),
  modelResolvedUris: resolvedUris('/modelregistry/v1.0{workspace}/models/batchGetResolvedUris', 'models', 'path'),
  modelsStartPendingUpload: pendingUpload('workspaces', 'models'),
  environmentsStartPendingUpload: pendingUpload('workspaces', 'environments'),
  registryCodesStartPendingUpload: pendingUpload('registries', 'codes'),
  registryDataStartPendingUpload: pendingUpload('registries', 'data'),
  registryEnvironmentsStartPendingUpload: pendingUpload('registries', 'environments'),
  registryModelsStartPendingUpload: pendingUpload('registries', 'models'),
}
