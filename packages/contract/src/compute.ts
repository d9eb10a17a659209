import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Compute targets. Jobs run on `Local` computes (and on AmlCompute, which is a named share of this host's slots). */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const computeBase = `${workspaceBase}/computes/{computeName}`
const computeType = 'Microsoft.MachineLearningServices/workspaces/computes'

const scaleSettings = z.looseObject({
  minNodeCount: z.coerce.number().int().min(0).nullish(),
  maxNodeCount: z.coerce.number().int().min(1).max(1000).nullish(),
  nodeIdleTimeBeforeScaleDown: z.string().nullish(),
})

export const computeProperties = z.looseObject({
  computeType: z.string(),
  description: z.string().nullish(),
  resourceId: z.string().nullish(),
  disableLocalAuth: z.boolean().nullish(),
  properties: z.looseObject({ vmSize: z.string().nullish(), scaleSettings: scaleSettings.nullish() }).nullish(),
})
export type ComputeProperties = z.infer<typeof computeProperties>

export const computeKinds = [
  resourceKind({
    type: computeType,
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

export const computeOperations = {
  capabilities: operation({
    id: 'computes.capabilities',
    method: 'GET',
    path: `${computeBase}/capabilities`,
    summary: 'What the host of a compute can isolate and limit, found out by doing, and its job slots.',
    action: `${computeType}/read`,
  }),
}
