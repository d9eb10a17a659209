import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'
import { assetContainerProperties } from './storage.ts'
import { stringMap } from './string-map.ts'

/** Python environments of jobs and deployments. */

const machineLearning = 'Microsoft.MachineLearningServices'
const versionPath =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}' +
  '/environments/{environmentName}/versions/{versionName}'
const text = z.string().nullish()
const strings = stringMap.nullish()

export const environmentVersionProperties = z.looseObject({
  image: text,
  condaFile: z
    .string()
    .max(1024 * 1024)
    .nullish(),
  build: z.looseObject({ contextUri: text, dockerfilePath: text }).nullish(),
  inferenceConfig: z.looseObject({}).nullish(),
  osType: text,
  description: text,
  tags: strings,
  properties: strings,
  isAnonymous: z.boolean().nullish(),
  isArchived: z.boolean().nullish(),
})
export type EnvironmentVersionProperties = z.output<typeof environmentVersionProperties>

const condaExample =
  'name: flights\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - scikit-learn==1.7.2\n'
const containerKind = (scope: string, noun: string, title: string) =>
  resourceKind({
    type: `${machineLearning}/${scope}/environments`,
    noun,
    title,
    properties: assetContainerProperties,
    example: { properties: { description: 'Training' } },
  })
const versionKind = (scope: string, noun: string) =>
  resourceKind({
    type: `${machineLearning}/${scope}/environments/versions`,
    noun,
    title: 'Environment version',
    properties: environmentVersionProperties,
    example: { properties: { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04', condaFile: condaExample } },
  })

export const environmentContainerKinds = [
  containerKind('workspaces', 'environments', 'Environment'),
  containerKind('registries', 'registryEnvironments', 'Environment of a registry'),
]
export const environmentVersionKinds = [
  versionKind('workspaces', 'environments.versions'),
  versionKind('registries', 'registryEnvironments.versions'),
]
export const environmentKinds = [...environmentContainerKinds, ...environmentVersionKinds]

export const environmentBuildSchema = z.looseObject({
  /** `NotBuilt`, `Building`, `Succeeded` or `Failed`. */
  state: z.string(),
  lockHash: z.string().nullable(),
  tool: z.string().nullable(),
  cached: z.boolean().nullable(),
  seconds: z.number().nullable(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  error: z.string().nullable(),
  logTail: z.string(),
})
export type EnvironmentBuild = z.infer<typeof environmentBuildSchema>

const buildAction = `${machineLearning}/workspaces/environments/build/action`
const readAction = `${machineLearning}/workspaces/environments/versions/read`

export const environmentOperations = {
  build: operation({
    id: 'environments.versions.build',
    method: 'POST',
    path: `${versionPath}/build`,
    summary: 'Builds an environment now instead of with its first job.',
    action: buildAction,
    longRunning: true,
    success: [202],
    body: z.looseObject({}).nullish(),
    example: {},
  }),
  getBuild: operation({
    id: 'environments.versions.getBuild',
    method: 'GET',
    path: `${versionPath}/build`,
    summary: 'State of the newest build of an environment, its packages and the end of its log.',
    action: readAction,
    response: environmentBuildSchema,
  }),
  buildLog: operation({
    id: 'environments.versions.buildLog',
    method: 'GET',
    path: `${versionPath}/buildLog`,
    summary: 'Log of the newest build of an environment, from a byte offset on.',
    action: readAction,
    query: z.looseObject({ offset: z.coerce.number().int().min(0).optional() }),
    response: z.looseObject({ content: z.string(), nextOffset: z.number() }),
  }),
}
