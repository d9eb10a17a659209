import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'
import { stringMap } from './string-map.ts'

/** Storage accounts, datastores, data and code assets, and the Blob REST subset behind them. */

const machineLearning = 'Microsoft.MachineLearningServices'
const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const text = z.string().nullish()
const strings = stringMap.nullish()
const assetMembers = {
  description: text,
  tags: strings,
  properties: strings,
  isArchived: z.boolean().nullish(),
  isAnonymous: z.boolean().nullish(),
}

/** A container of versions: `data/{name}`, `codes/{name}`, `environments/{name}` … */
export const assetContainerProperties = z
  .looseObject({ description: text, tags: strings, properties: strings, isArchived: z.boolean().nullish() })
  .default({})

export const storageAccountKind = resourceKind({
  type: 'Microsoft.Storage/storageAccounts',
  noun: 'storageAccounts',
  title: 'Storage account',
  tracked: true,
  verbs: ['list', 'get', 'put', 'patch', 'delete'],
  namePattern: /^[a-z0-9]{3,24}$/,
  properties: z.looseObject({}).default({}),
  example: { location: 'local', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} },
})

const datastoreTypes = ['AzureBlob', 'AzureFile', 'AzureDataLakeGen2', 'AzureDataLakeGen1', 'OneLake', 'Hdfs'] as const
/** What a datastore of a type cannot do without. Account and container are those of this instance, or of one outside. */
const requiredMembers: Readonly<Record<(typeof datastoreTypes)[number], readonly string[]>> = {
  AzureBlob: ['containerName'],
  AzureFile: ['fileShareName'],
  AzureDataLakeGen2: ['filesystem'],
  AzureDataLakeGen1: ['storeName'],
  OneLake: ['oneLakeWorkspaceName', 'artifact'],
  Hdfs: ['nameNodeAddress'],
}
/** Azure's enumerations are compared without case. */
const caseless = <Value extends string>(values: readonly Value[], what: string) =>
  z.string().transform((given, context): Value => {
    const found = values.find((value) => value.toLowerCase() === given.toLowerCase())
    if (found !== undefined) return found
    context.addIssue({ code: 'custom', message: `'${given}' is no ${what}; there are: ${values.join(', ')}.` })
    return z.NEVER
  })

export const datastoreProperties = z
  .looseObject({
    datastoreType: caseless(datastoreTypes, 'datastore type'),
    accountName: text,
    containerName: text,
    filesystem: text,
    fileShareName: text,
    /** Of AzureDataLakeGen1, OneLake and Hdfs: kept, read nowhere. */
    storeName: text,
    oneLakeWorkspaceName: text,
    artifact: z.looseObject({ artifactName: z.string().min(1) }).nullish(),
    nameNodeAddress: text,
    endpoint: text,
    protocol: text,
    description: text,
    isDefault: z.boolean().nullish(),
    credentials: z.looseObject({ credentialsType: z.string().nullish(), secrets: z.looseObject({}).nullish() }).nullish(),
    tags: strings,
    /** Fulcrum: `read` refuses writes through this datastore; default `write`. */
    access: z.enum(['read', 'write']).nullish(),
  })
  .superRefine((datastore, context) => {
    for (const member of requiredMembers[datastore.datastoreType]) {
      if (datastore[member] !== undefined && datastore[member] !== null && datastore[member] !== '') continue
      context.addIssue({
        code: 'custom',
        path: [member],
        message: `A datastore of type ${datastore.datastoreType} needs '${member}'.`,
      })
    }
  })
export type DatastoreProperties = z.output<typeof datastoreProperties>

export const datastoreKind = resourceKind({
  type: `${machineLearning}/workspaces/datastores`,
  noun: 'datastores',
  title: 'Datastore',
  namePattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/,
  properties: datastoreProperties,
  example: { properties: { datastoreType: 'AzureBlob', containerName: 'lake', credentials: { credentialsType: 'None' } } },
})

const dataTypes = ['uri_file', 'uri_folder', 'mltable'] as const
const dataTypeNames = new Map<string, (typeof dataTypes)[number]>(dataTypes.map((name) => [name.replace('_', ''), name]))
const dataType = z.string().transform((given, context) => {
  const found = dataTypeNames.get(given.toLowerCase().replace('_', ''))
  if (found !== undefined) return found
  context.addIssue({ code: 'custom', message: `'${given}' is no data type; there are: ${dataTypes.join(', ')}.` })
  return z.NEVER
})

const uri = z.string().min(1).max(4096)
export const dataVersionProperties = z.looseObject({
  dataType: dataType.default('uri_folder'),
  dataUri: uri,
  referencedUris: z.array(z.string()).nullish(),
  ...assetMembers,
})
export const codeVersionProperties = z.looseObject({ codeUri: uri.nullish(), ...assetMembers })

const dataExample = {
  properties: {
    dataType: 'uri_file',
    dataUri: 'azureml://datastores/workspaceblobstore/paths/flights/2013.csv',
    description: 'Flights',
  },
}
const container = (scope: string, kind: string, noun: string, title: string) =>
  resourceKind({
    type: `${machineLearning}/${scope}/${kind}`,
    noun,
    title,
    properties: assetContainerProperties,
    example: { properties: { description: 'Flights' } },
  })
const dataVersion = (scope: string, noun: string) =>
  resourceKind({
    type: `${machineLearning}/${scope}/data/versions`,
    noun,
    title: 'Data version',
    properties: dataVersionProperties,
    example: dataExample,
  })
const codeVersion = (scope: string, noun: string) =>
  resourceKind({
    type: `${machineLearning}/${scope}/codes/versions`,
    noun,
    title: 'Code version',
    properties: codeVersionProperties,
    example: { properties: { codeUri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/9c1/src' } },
  })

export const dataContainerKinds = [
  container('workspaces', 'data', 'data', 'Data asset'),
  container('registries', 'data', 'registryData', 'Data asset of a registry'),
]
export const dataVersionKinds = [dataVersion('workspaces', 'data.versions'), dataVersion('registries', 'registryData.versions')]
export const codeContainerKinds = [
  container('workspaces', 'codes', 'codes', 'Code asset'),
  container('registries', 'codes', 'registryCodes', 'Code asset of a registry'),
]
export const codeVersionKinds = [codeVersion('workspaces', 'codes.versions'), codeVersion('registries', 'registryCodes.versions')]

export const storageKinds = [
  storageAccountKind,
  datastoreKind,
  ...dataContainerKinds,
  ...dataVersionKinds,
  ...codeContainerKinds,
  ...codeVersionKinds,
]

const pendingUploadBody = z.looseObject({ pendingUploadType: text, pendingUploadId: text }).default({})
const pendingUpload = (kind: 'data' | 'codes', parameter: string) =>
  operation({
    id: `${kind}.versions.startPendingUpload`,
    method: 'POST',
    path: `${workspaceBase}/${kind}/{${parameter}}/versions/{versionName}/startPendingUpload`,
    summary: 'Gives a container of its own and a signed URL to upload the files of a new version.',
    action: `${machineLearning}/workspaces/${kind}/versions/write`,
    body: pendingUploadBody,
    response: z.looseObject({ pendingUploadId: z.string(), blobReferenceForConsumption: z.looseObject({ blobUri: z.string() }) }),
    example: { pendingUploadType: 'TemporaryBlobReference' },
  })

/** Types as DuckDB names them; figures of a column are over the rows that were read. */
export const previewColumnSchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  missing: z.number(),
  distinct: z.number().nullable(),
  minimum: z.unknown(),
  maximum: z.unknown(),
  mean: z.number().nullable(),
  histogram: z.array(z.object({ from: z.unknown(), to: z.unknown(), count: z.number() })),
})
export const dataPreviewSchema = z.looseObject({
  format: z.string(),
  files: z.array(z.object({ path: z.string(), sizeBytes: z.number() })),
  fileCount: z.number(),
  rowsRead: z.number(),
  columns: z.array(previewColumnSchema),
  rows: z.array(z.record(z.string(), z.unknown())),
})
export type DataPreview = z.infer<typeof dataPreviewSchema>

const accountBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Storage/storageAccounts/{accountName}'
const accountKeys = z.looseObject({
  keys: z.array(z.object({ keyName: z.string(), value: z.string(), permissions: z.string() })),
})

export const storageOperations = {
  listKeys: operation({
    id: 'storageAccounts.listKeys',
    method: 'POST',
    path: `${accountBase}/listKeys`,
    summary: 'The two keys of an account, 64 bytes in base64: with them clients sign requests and signatures (SAS).',
    action: 'Microsoft.Storage/storageAccounts/listKeys/action',
    body: z.looseObject({}).nullish(),
    response: accountKeys,
    example: {},
  }),
  regenerateKey: operation({
    id: 'storageAccounts.regenerateKey',
    method: 'POST',
    path: `${accountBase}/regenerateKey`,
    summary: 'Replaces one key of an account: what was signed with it ends.',
    action: 'Microsoft.Storage/storageAccounts/regenerateKey/action',
    body: z.looseObject({ keyName: z.enum(['key1', 'key2']) }),
    response: accountKeys,
    example: { keyName: 'key1' },
  }),
  listSecrets: operation({
    id: 'datastores.listSecrets',
    method: 'POST',
    path: `${workspaceBase}/datastores/{datastoreName}/listSecrets`,
    summary: 'Secrets of a datastore: a signature valid for one hour, bound to its container.',
    action: `${machineLearning}/workspaces/datastores/listSecrets/action`,
    body: z.looseObject({}).nullish(),
    response: z.looseObject({ secretsType: z.string() }),
    example: {},
  }),
  dataStartPendingUpload: pendingUpload('data', 'dataName'),
  codesStartPendingUpload: pendingUpload('codes', 'codeName'),
  preview: operation({
    id: 'data.versions.preview',
    method: 'GET',
    path: `${workspaceBase}/data/{dataName}/versions/{versionName}/preview`,
    summary: 'First rows of a CSV, JSON lines or Parquet asset with the figures of each column.',
    action: `${machineLearning}/workspaces/data/versions/read`,
    query: z.looseObject({ rows: z.coerce.number().int().min(1).max(200).optional() }),
    response: dataPreviewSchema,
  }),
}
