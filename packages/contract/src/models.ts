import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation, type Method } from './operation.ts'
import { mlflowBase, mlflowOperation } from './tracking.ts'
import { stringMap } from './string-map.ts'

/** Registered models with their versions, of workspaces and registries, in Azure's and in MLflow's form. */

const type = 'Microsoft.MachineLearningServices/workspaces/models'
const registryType = 'Microsoft.MachineLearningServices/registries/models'
const providers = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices'
const texts = stringMap.nullish()

/** MLflow's rule (no `/`, no `:`), less what would break an id or a URL. */
// eslint-disable-next-line no-control-regex
const modelName = /^[^/:%?#\\\u0000-\u001f]{1,255}$/

const container = z.looseObject({
  description: z.string().nullish(),
  tags: texts,
  properties: texts,
  isArchived: z.boolean().nullish(),
})

const modelTypes = ['custom_model', 'mlflow_model', 'triton_model'] as const

const version = z.looseObject({
  modelType: z
    .string()
    .nullish()
    .transform((given, check): (typeof modelTypes)[number] => {
      const folded =
        given === null || given === undefined
          ? 'custom_model'
          : given.toLowerCase().replace(/^(custom|mlflow|triton)_?model$/, '$1_model')
      const found = modelTypes.find((known) => known === folded)
      if (found !== undefined) return found
      check.addIssue({ code: 'custom', message: `'${given}' is no model type; one of ${modelTypes.join(', ')}.` })
      return z.NEVER
    }),
  modelUri: z.string().max(4096).nullish(),
  flavors: z.record(z.string(), z.unknown()).nullish(),
  jobName: z.string().nullish(),
  description: z.string().nullish(),
  tags: texts,
  properties: texts,
  stage: z.string().nullish(),
  isAnonymous: z.boolean().nullish(),
  isArchived: z.boolean().nullish(),
})

const containerExample = { properties: { description: 'Says who will leave', tags: { team: 'a' } } }
const versionExample = {
  properties: {
    modelType: 'mlflow_model',
    modelUri: 'azureml://jobs/train-1/outputs/artifacts/paths/model',
    jobName: 'train-1',
    tags: {},
  },
}

export const modelKinds = [
  resourceKind({
    type,
    noun: 'models',
    title: 'Model',
    properties: container,
    namePattern: modelName,
    example: containerExample,
  }),
  resourceKind({
    type: `${type}/versions`,
    noun: 'models.versions',
    title: 'Model version',
    properties: version,
    example: versionExample,
  }),
  resourceKind({
    type: registryType,
    noun: 'registryModels',
    title: 'Registry model',
    properties: container,
    namePattern: modelName,
    example: containerExample,
  }),
  resourceKind({
    type: `${registryType}/versions`,
    noun: 'registryModels.versions',
    title: 'Registry model version',
    properties: version,
    longRunning: true,
    example: versionExample,
  }),
]

const node = z.looseObject({ id: z.string(), kind: z.string(), name: z.string() })
const edge = z.object({ from: z.string(), to: z.string(), relation: z.string() })

export const lineageSchema = z.object({ nodes: z.array(node), edges: z.array(edge) })
export type Lineage = z.infer<typeof lineageSchema>

const versionScope = `${providers}/workspaces/{workspaceName}`
const readAction = `${type}/read`
const writeAction = `${type}/write`
const versionRead = `${type}/versions/read`
const versionWrite = `${type}/versions/write`

const mlflow = (method: Method, path: string, action: string, summary: string, example?: unknown) =>
  mlflowOperation({ method, path, action, summary, ...(example === undefined ? {} : { example }) })

const ofVersion = { name: 'churn', version: '1' }

export const modelOperations = {
  lineage: operation({
    id: 'models.versions.lineage',
    method: 'GET',
    path: `${versionScope}/models/{modelName}/versions/{versionName}/lineage`,
    summary: 'What a version was made from and where it is used: data, job, model, deployments.',
    action: versionRead,
    scope: `${versionScope}/models/{modelName}/versions/{versionName}`,
    response: lineageSchema,
  }),

  createRegisteredModel: mlflow('POST', 'registered-models/create', writeAction, 'Creates a registered model.', {
    name: 'churn',
  }),
  renameRegisteredModel: mlflow(
    'POST',
    'registered-models/rename',
    writeAction,
    'Renames a registered model with all its versions.',
    { name: 'churn', new_name: 'churn-2' },
  ),
  updateRegisteredModel: mlflow('PATCH', 'registered-models/update', writeAction, 'Sets the description.', {
    name: 'churn',
    description: 'x',
  }),
  deleteRegisteredModel: mlflow(
    'DELETE',
    'registered-models/delete',
    `${type}/delete`,
    'Deletes a registered model with its versions.',
  ),
  getRegisteredModel: mlflow('GET', 'registered-models/get', readAction, 'Gets a registered model.'),
  searchRegisteredModels: mlflow('GET', 'registered-models/search', readAction, 'Searches registered models.'),
  latestVersions: mlflow('POST', 'registered-models/get-latest-versions', readAction, 'The latest version of each stage.', {
    name: 'churn',
  }),
  latestVersionsByQuery: mlflow('GET', 'registered-models/get-latest-versions', readAction, 'The latest version of each stage.'),
  setRegisteredModelTag: mlflow('POST', 'registered-models/set-tag', writeAction, 'Sets a tag.', {
    name: 'churn',
    key: 'team',
    value: 'a',
  }),
  deleteRegisteredModelTag: mlflow('DELETE', 'registered-models/delete-tag', writeAction, 'Deletes a tag.'),
  setAlias: mlflow('POST', 'registered-models/alias', writeAction, 'Points an alias to a version.', {
    name: 'churn',
    alias: 'champion',
    version: '1',
  }),
  deleteAlias: mlflow('DELETE', 'registered-models/alias', writeAction, 'Deletes an alias.'),
  getByAlias: mlflow('GET', 'registered-models/alias', versionRead, 'Finds the version of an alias.'),

  createModelVersion: mlflow('POST', 'model-versions/create', versionWrite, 'Registers a version.', {
    name: 'churn',
    source: 'runs:/r/model',
  }),
  getModelVersion: mlflow('GET', 'model-versions/get', versionRead, 'Gets a version.'),
  updateModelVersion: mlflow('PATCH', 'model-versions/update', versionWrite, 'Sets the description.', {
    ...ofVersion,
    description: 'x',
  }),
  deleteModelVersion: mlflow('DELETE', 'model-versions/delete', `${type}/versions/delete`, 'Deletes a version.'),
  searchModelVersions: mlflow('GET', 'model-versions/search', versionRead, 'Searches versions.'),
  transitionStage: mlflow('POST', 'model-versions/transition-stage', versionWrite, 'Moves a version to a stage.', {
    ...ofVersion,
    stage: 'Staging',
    archive_existing_versions: false,
  }),
  setModelVersionTag: mlflow('POST', 'model-versions/set-tag', versionWrite, 'Sets a tag.', {
    ...ofVersion,
    key: 'checked',
    value: 'yes',
  }),
  deleteModelVersionTag: mlflow('DELETE', 'model-versions/delete-tag', versionWrite, 'Deletes a tag.'),
  downloadUri: mlflow('GET', 'model-versions/get-download-uri', versionRead, 'Where the files of a version are.'),
  downloadVersionFile: operation({
    id: 'mlflow.model-versions.get-artifact.get',
    method: 'GET',
    path: `${mlflowBase}/model-versions/get-artifact`,
    aliases: [`${mlflowBase}/ajax-api/2.0/mlflow/model-versions/get-artifact`],
    summary: 'Downloads a file of a version.',
    action: versionRead,
    scope: versionScope,
    dialect: 'mlflow',
    query: z.looseObject({}),
  }),
}
