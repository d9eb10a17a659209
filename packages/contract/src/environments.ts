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
  /** Text of a requirements.txt (ours; Azure has conda files only). */
  pipRequirements: z
    .string()
    .max(1024 * 1024)
    .nullish(),
  /** Text of a pyproject.toml, of which project.dependencies and requires-python are read (ours). */
  pyproject: z
    .string()
    .max(1024 * 1024)
    .nullish(),
  /** Path of a Python of the host that is used as it is (ours). */
  interpreter: text,
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

const environmentMappingProperties = z.looseObject({
  /** `curated:sklearn-1.*`, `image:team/own`, `environment:taxi-train-env`, `package:scikit-learn==0.24.*`, or Azure's spelling of one of them. */
  match: z.string().min(1).max(500),
  /** `3.11`; absent = as asked, else the host's. */
  pythonVersion: z
    .string()
    .regex(/^3\.\d+$/, 'A Python version has the form 3.11.')
    .nullish(),
  /** What pip installs instead; an empty list leaves a package out. */
  requirements: z.array(z.string().min(1).max(1000)).max(500).default([]),
  description: text,
})
export type EnvironmentMapping = z.output<typeof environmentMappingProperties>

export const environmentMappingKind = resourceKind({
  type: 'Fulcrum.Environments/mappings',
  noun: 'environmentMappings',
  title: 'Environment mapping',
  placement: 'subscription',
  properties: environmentMappingProperties,
  example: { properties: { match: 'package:scikit-learn==0.24.*', requirements: ['scikit-learn>=1.2,<1.4'] } },
})
export const environmentKinds = [...environmentContainerKinds, ...environmentVersionKinds, environmentMappingKind]

export const environmentDriftSchema = z.looseObject({
  /** `PythonReplaced`, `ImageIgnored`, `BuildIgnored`, `EnvironmentMapped`, `CondaToPip` or `PackageMapped`. */
  code: z.string(),
  asked: z.string(),
  used: z.string(),
  message: z.string(),
})
/** One difference between what an environment asks for and what is built on this host. */
export type EnvironmentDrift = z.infer<typeof environmentDriftSchema>

export const environmentPlanSchema = z.looseObject({
  pythonVersion: z.string(),
  requirements: z.array(z.string()),
  drift: z.array(environmentDriftSchema),
})
export type EnvironmentPlan = z.infer<typeof environmentPlanSchema>

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
  drift: z.array(environmentDriftSchema),
})
export type EnvironmentBuild = z.infer<typeof environmentBuildSchema>

export const environmentCollectionSchema = z.looseObject({
  bytesBefore: z.number(),
  bytesAfter: z.number(),
  /** Environments that stay. */
  kept: z.number(),
  removed: z.array(z.looseObject({ lockHash: z.string(), sizeBytes: z.number(), lastUsedAt: z.string() })),
})
export type EnvironmentCollection = z.infer<typeof environmentCollectionSchema>

const buildAction = `${machineLearning}/workspaces/environments/build/action`
const readAction = `${machineLearning}/workspaces/environments/versions/read`

export const environmentOperations = {
  testMapping: operation({
    id: 'environmentMappings.test',
    method: 'POST',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Environments/testMapping',
    scope: '/subscriptions/{subscriptionId}',
    summary: 'What an environment would be on this host, and how that differs from what it asks for; nothing is built.',
    action: 'Fulcrum.Environments/mappings/read',
    body: z.looseObject({ reference: text, image: text, condaFile: text }),
    response: environmentPlanSchema,
    example: { reference: 'azureml://registries/azureml/environments/sklearn-1.5/labels/latest' },
  }),
  collect: operation({
    id: 'environments.collect',
    method: 'POST',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Environments/collect',
    scope: '/subscriptions/{subscriptionId}',
    summary:
      'Removes built environments, those not used for longest first, until the rest takes at most `limitGb`; never one that a job or deployment uses.',
    action: 'Fulcrum.Environments/collect/action',
    body: z.looseObject({ limitGb: z.number().min(0).nullish(), dryRun: z.boolean().nullish() }),
    response: environmentCollectionSchema,
    example: { limitGb: 20, dryRun: true },
  }),
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
