import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Compute targets. Jobs run on `Local` computes (and on AmlCompute, which is a named share of this host's slots). */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const computeBase = `${workspaceBase}/computes/{computeName}`
const resourceType = 'Microsoft.MachineLearningServices/workspaces/computes'

const scaleSettings = z.looseObject({
  minNodeCount: z.coerce.number().int().min(0).nullish(),
  maxNodeCount: z.coerce.number().int().min(1).max(1000).nullish(),
  nodeIdleTimeBeforeScaleDown: z.string().nullish(),
})

const computeTypes = [
  'Local',
  'AmlCompute',
  'ComputeInstance',
  'Kubernetes',
  'VirtualMachine',
  'SynapseSpark',
  'AKS',
  'HDInsight',
  'Databricks',
  'DataFactory',
  'DataLakeAnalytics',
] as const

const computeType = z.string().transform((given, context) => {
  const found = computeTypes.find((known) => known.toLowerCase() === given.toLowerCase())
  if (found !== undefined) return found
  context.addIssue({ code: 'custom', message: `'${given}' is no computeType; there are: ${computeTypes.join(', ')}.` })
  return z.NEVER
})

export const computeProperties = z.looseObject({
  computeType,
  description: z.string().nullish(),
  resourceId: z.string().nullish(),
  disableLocalAuth: z.boolean().nullish(),
  properties: z.looseObject({ vmSize: z.string().nullish(), scaleSettings: scaleSettings.nullish() }).nullish(),
})
export type ComputeProperties = z.infer<typeof computeProperties>

export const computeKinds = [
  resourceKind({
    type: resourceType,
    noun: 'computes',
    title: 'Compute',
    tracked: true,
    verbs: ['list', 'get', 'put', 'patch', 'delete'],
    namePattern: /^[A-Za-z][A-Za-z0-9-]{0,62}$/,
    properties: computeProperties,
    example: {
      location: 'local',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'small', scaleSettings: { minNodeCount: 0, maxNodeCount: 2 } },
      },
    },
  }),
]

const onCompute = (name: 'start' | 'stop' | 'restart', summary: string) =>
  operation({
    id: `computes.${name}`,
    method: 'POST',
    path: `${computeBase}/${name}`,
    scope: computeBase,
    summary,
    action: `${resourceType}/${name}/action`,
    success: [202],
    longRunning: true,
  })

export const computeOperations = {
  start: onCompute('start', 'Starts a compute instance.'),
  stop: onCompute('stop', 'Stops a compute instance.'),
  restart: onCompute('restart', 'Stops and starts a compute instance.'),
  listNodes: operation({
    id: 'computes.listNodes',
    method: 'POST',
    path: `${computeBase}/listNodes`,
    scope: computeBase,
    summary: 'Nodes of a compute and the jobs that run on them.',
    action: `${resourceType}/listNodes/action`,
    response: z.looseObject({ nodes: z.array(z.looseObject({ nodeId: z.string(), nodeState: z.string() })) }),
  }),
  listKeys: operation({
    id: 'computes.listKeys',
    method: 'POST',
    path: `${computeBase}/listKeys`,
    scope: computeBase,
    summary: 'Secrets that were entered with a compute.',
    action: `${resourceType}/listKeys/action`,
    response: z.looseObject({ computeType: z.string() }),
  }),
  capabilities: operation({
    id: 'computes.capabilities',
    method: 'GET',
    path: `${computeBase}/capabilities`,
    summary: 'What the host of a compute can isolate and limit, found out by doing, and its job slots.',
    action: `${resourceType}/read`,
  }),
}
