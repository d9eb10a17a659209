import { z } from 'zod'
import { operation } from './operation.ts'

/** What runs, what waits and why; and the quotas that make jobs wait. */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const subscription = '/subscriptions/{subscriptionId}'
const location = `${subscription}/providers/Microsoft.MachineLearningServices/locations/{location}`

/** `limit` null = no limit of its own. */
const usage = z.object({ used: z.number(), limit: z.number().nullable() })

export const waitReasonCodes = [
  'Turn',
  'Slots',
  'Cores',
  'Memory',
  'Gpus',
  'Nodes',
  'Quota',
  'ComputeStopped',
  'Retry',
  'NotEnough',
] as const
export type WaitReasonCode = (typeof waitReasonCodes)[number]

const request = z.object({ nodes: z.number(), cores: z.number(), memoryMegabytes: z.number(), gpus: z.number() })

const entry = z.object({
  jobName: z.string(),
  displayName: z.string(),
  /** The pipeline or sweep above; absent for jobs that stand alone. */
  parentJobName: z.string().optional(),
  stepName: z.string(),
  experimentName: z.string(),
  computeName: z.string(),
  submitter: z.string(),
  /** 1 low, 2 medium, 3 high. */
  priority: z.number(),
  /** What is reserved for it; 0 = it takes what is left. */
  request,
  /** Since when it could run but for its turn. */
  readyAt: z.string(),
})

export const runningEntry = entry.extend({
  status: z.string(),
  startedAt: z.string(),
  /** GPUs that it alone may use, as in CUDA_VISIBLE_DEVICES. */
  devices: z.array(z.string()),
})
export const waitingEntry = entry.extend({
  /** From 1, in the order in which jobs of this workspace would start if each resource came free now. */
  position: z.number(),
  reason: z.object({ code: z.enum(waitReasonCodes), message: z.string() }),
})
const computeEntry = z.object({
  name: z.string(),
  computeType: z.string(),
  /** Of compute instances: Running or Stopped. */
  state: z.string().optional(),
  /** Jobs at once (compute instances), nodes (clusters). */
  slots: usage,
  running: z.number(),
  waiting: z.number(),
  /** Why its first waiting job waits. */
  reason: z.object({ code: z.enum(waitReasonCodes), message: z.string() }).optional(),
  quotas: z.array(usage.extend({ name: z.string() })),
})

export const jobQueue = z.object({
  /** This host, all workspaces together. */
  host: z.object({ slots: usage, cores: usage, memoryMegabytes: usage, gpus: usage }),
  quotas: z.array(usage.extend({ name: z.string() })),
  computes: z.array(computeEntry),
  counts: z.object({ running: z.number(), waiting: z.number() }),
  running: z.array(runningEntry),
  waiting: z.array(waitingEntry),
})
export type JobQueue = z.infer<typeof jobQueue>
export type RunningEntry = z.infer<typeof runningEntry>
export type WaitingEntry = z.infer<typeof waitingEntry>

const quotaUpdate = z.object({
  value: z
    .array(
      z.looseObject({
        /** `{workspace}/quotas/{name}` or `{workspace}/computes/{compute}/quotas/{name}`. */
        id: z.string(),
        type: z.string().nullish(),
        /** Absent or null takes the quota away. */
        limit: z.number().int().min(0).max(1_000_000_000).nullish(),
        unit: z.string().nullish(),
      }),
    )
    .min(1)
    .max(100),
  location: z.string().nullish(),
})

export const queueOperations = {
  list: operation({
    id: 'queue.list',
    method: 'GET',
    path: `${workspaceBase}/queue`,
    scope: workspaceBase,
    summary: 'What runs and what waits in a workspace, in which order and for what; optionally of one compute.',
    action: 'Microsoft.MachineLearningServices/workspaces/jobs/read',
    query: z.looseObject({
      compute: z.string().optional(),
      /** At most so many waiting jobs; the counts are of all. */
      top: z.coerce.number().int().min(1).max(1_000).optional(),
    }),
    response: jobQueue,
  }),
  quotas: operation({
    id: 'quotas.list',
    method: 'GET',
    path: `${location}/quotas`,
    scope: subscription,
    summary: 'Limits of this host, and the quotas of workspaces and computes that the caller may read.',
    action: 'authenticated',
    response: z.looseObject({ value: z.array(z.unknown()) }),
  }),
  updateQuotas: operation({
    id: 'quotas.update',
    method: 'POST',
    path: `${location}/updateQuotas`,
    scope: subscription,
    summary: 'Sets quotas of workspaces and computes; jobs above them wait. One status per entry.',
    action: 'Microsoft.MachineLearningServices/locations/updateQuotas/action',
    body: quotaUpdate,
    response: z.looseObject({ value: z.array(z.unknown()) }),
    example: {
      value: [
        {
          id: '/subscriptions/{subscriptionId}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/w/quotas/concurrentJobs',
          limit: 2,
          unit: 'Count',
        },
      ],
    },
  }),
}
