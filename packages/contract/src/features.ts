import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'
import { assetContainerProperties } from './storage.ts'
import { stringMap } from './string-map.ts'

/** Feature sets and entities of a feature store. They are kept and checked; nothing is materialised. */

const workspaces = 'Microsoft.MachineLearningServices/workspaces'
const workspaceBase = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${workspaces}/{workspaceName}`

const columnTypes = ['String', 'Integer', 'Long', 'Float', 'Double', 'Binary', 'Datetime', 'Boolean'] as const
const columnType = z.string().transform((given, context): (typeof columnTypes)[number] => {
  const found = columnTypes.find((known) => known.toLowerCase() === given.toLowerCase())
  if (found !== undefined) return found
  context.addIssue({ code: 'custom', message: `'${given}' is no column type; there are: ${columnTypes.join(', ')}.` })
  return z.NEVER
})

const assetMembers = {
  description: z.string().nullish(),
  tags: stringMap.nullish(),
  properties: stringMap.nullish(),
  stage: z.string().nullish(),
  isAnonymous: z.boolean().nullish(),
  isArchived: z.boolean().nullish(),
}

export const featureSetVersionProperties = z.looseObject({
  ...assetMembers,
  /** Ids of entity versions, or `azureml:name:version`. */
  entities: z.array(z.string().min(1)).nullish(),
  /** Where the folder with `FeatureSetSpec.yaml` is. */
  specification: z.looseObject({ path: z.string().min(1).max(4096) }).nullish(),
  materializationSettings: z
    .looseObject({
      storeType: z.string().nullish(),
      resource: z.looseObject({ instanceType: z.string().nullish() }).nullish(),
      sparkConfiguration: stringMap.nullish(),
      schedule: z.looseObject({}).nullish(),
      notification: z.looseObject({}).nullish(),
    })
    .nullish(),
})

export const featureStoreEntityVersionProperties = z.looseObject({
  ...assetMembers,
  indexColumns: z.array(z.looseObject({ columnName: z.string().min(1), dataType: columnType })).nullish(),
})

const container = (type: string, noun: string, title: string) =>
  resourceKind({
    type: `${workspaces}/${type}`,
    noun,
    title,
    properties: assetContainerProperties,
    example: { properties: { description: 'Accounts' } },
  })

export const featureContainerKinds = [
  container('featuresets', 'featureSets', 'Feature set'),
  container('featurestoreEntities', 'featureStoreEntities', 'Feature store entity'),
]
export const featureVersionKinds = [
  resourceKind({
    type: `${workspaces}/featuresets/versions`,
    noun: 'featureSets.versions',
    title: 'Feature set version',
    properties: featureSetVersionProperties,
    example: {
      properties: {
        entities: ['azureml:account:1'],
        specification: { path: 'azureml://datastores/workspaceblobstore/paths/features/transactions/' },
        stage: 'Development',
      },
    },
  }),
  resourceKind({
    type: `${workspaces}/featurestoreEntities/versions`,
    noun: 'featureStoreEntities.versions',
    title: 'Feature store entity version',
    properties: featureStoreEntityVersionProperties,
    example: { properties: { indexColumns: [{ columnName: 'accountID', dataType: 'String' }], stage: 'Development' } },
  }),
]
export const featureKinds = [...featureContainerKinds, ...featureVersionKinds]

export const featureOperations = {
  backfill: operation({
    id: 'featureSets.versions.backfill',
    method: 'POST',
    path: `${workspaceBase}/featuresets/{featuresetName}/versions/{versionName}/backfill`,
    summary: 'Materialisation of a feature set, which needs Spark: answers NotSupported.',
    action: `${workspaces}/featuresets/versions/write`,
    scope: `${workspaceBase}/featuresets/{featuresetName}/versions/{versionName}`,
    body: z.looseObject({}).nullish(),
    success: [202],
    errors: ['NotSupported'],
    example: { displayName: 'backfill', dataAvailabilityStatus: ['None'] },
  }),
}
