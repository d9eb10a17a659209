import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'

/** Runs of monitors and what they found, and event subscriptions: what shall happen on an event. */

const workspaceBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}'
const machineLearning = 'Microsoft.MachineLearningServices/workspaces'
const subscriptionBase =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.EventGrid/eventSubscriptions/{eventSubscriptionName}'

export const metricStates = ['ok', 'breach', 'no_data', 'insufficient_samples', 'degenerate', 'not_judged', 'error'] as const
export type MetricState = (typeof metricStates)[number]

export const monitorMetricSchema = z.object({
  /** Column; empty for metrics of the whole signal. */
  feature: z.string(),
  metric: z.string(),
  dataType: z.string().nullable(),
  value: z.number().nullable(),
  /** The reference's own value, for metrics that are judged as a difference to it. */
  baselineValue: z.number().nullable(),
  threshold: z.number().nullable(),
  /** `up`: a breach is above the threshold; `down`: below it. */
  direction: z.enum(['up', 'down']),
  state: z.enum(metricStates),
  referenceRows: z.number(),
  productionRows: z.number(),
  details: z.record(z.string(), z.unknown()),
})
export type MonitorMetric = z.infer<typeof monitorMetricSchema>

export const monitorSignalResultSchema = z.object({
  name: z.string(),
  signalType: z.string(),
  state: z.enum(metricStates),
  alertEnabled: z.boolean(),
  message: z.string().nullable(),
  referenceRows: z.number(),
  productionRows: z.number(),
  breachedFeatures: z.array(z.string()),
  metrics: z.array(monitorMetricSchema).optional(),
})
export type MonitorSignalResult = z.infer<typeof monitorSignalResultSchema>

export const monitorRunSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  properties: z.object({
    scheduleId: z.string(),
    scheduleName: z.string(),
    status: z.enum(['Queued', 'Running', 'Completed', 'Failed']),
    /** Worst state over all signals; null until the run has ended. */
    verdict: z.enum(metricStates).nullable(),
    trigger: z.string(),
    requestedBy: z.string(),
    windowStart: z.string().nullable(),
    windowEnd: z.string(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    error: z.string().nullable(),
    signals: z.array(monitorSignalResultSchema),
  }),
})
export type MonitorRun = z.infer<typeof monitorRunSchema>

/** Counts per bin on both sides; one more edge than counts, or one category per count. */
export const monitorHistogramSchema = z.object({
  edges: z.array(z.number()).optional(),
  categories: z.array(z.string()).optional(),
  reference: z.array(z.number()),
  production: z.array(z.number()),
})
export type MonitorHistogram = z.infer<typeof monitorHistogramSchema>

const jobDefinition = z.union([
  z.looseObject({
    /** A job of the destination workspace that is repeated with some inputs changed. */
    sourceJobName: z.string().min(1),
    inputs: z.record(z.string(), z.unknown()).nullish(),
  }),
  z.looseObject({ jobType: z.string() }),
])

export const eventSubscriptionProperties = z.looseObject({
  filter: z.looseObject({
    includedEventTypes: z.array(z.string().min(1)).min(1),
    subjectBeginsWith: z.string().nullish(),
  }),
  destination: z.looseObject({
    endpointType: z.string(),
    properties: z
      .looseObject({
        /** The workspace in which the job is submitted. */
        workspaceId: z.string().nullish(),
        jobDefinition: jobDefinition.nullish(),
        maximumRunsPerDay: z.number().int().min(1).max(1000).nullish(),
        /** ISO 8601: events sooner after the last submitted job are recorded and not acted upon. */
        cooldown: z.string().nullish(),
      })
      .nullish(),
  }),
})
export type EventSubscriptionProperties = z.infer<typeof eventSubscriptionProperties>

export const eventDeliverySchema = z.object({
  eventSequence: z.number(),
  eventId: z.string(),
  eventType: z.string(),
  subject: z.string(),
  state: z.enum(['Delivered', 'Skipped', 'Failed']),
  reason: z.string().nullable(),
  jobId: z.string().nullable(),
  at: z.string(),
})
export type EventDelivery = z.infer<typeof eventDeliverySchema>

export const monitoringKinds = [
  resourceKind({
    type: 'Microsoft.EventGrid/eventSubscriptions',
    noun: 'eventSubscriptions',
    title: 'Event subscription',
    properties: eventSubscriptionProperties,
    example: {
      properties: {
        filter: { includedEventTypes: ['monitoring.monitorBreached'] },
        destination: {
          endpointType: 'Fulcrum.Job',
          properties: {
            workspaceId: '/subscriptions/s/resourceGroups/dev/providers/Microsoft.MachineLearningServices/workspaces/w',
            jobDefinition: { sourceJobName: 'train', inputs: { months: { jobInputType: 'literal', value: '4,5,6' } } },
            maximumRunsPerDay: 4,
            cooldown: 'PT1H',
          },
        },
      },
    },
  }),
]

const page = { $top: z.coerce.number().int().min(1).max(500).optional(), $skipToken: z.string().max(2048).optional() }

export const monitoringOperations = {
  runMonitor: operation({
    id: 'monitoring.runMonitor',
    method: 'POST',
    path: `${workspaceBase}/schedules/{scheduleName}/runMonitor`,
    summary: 'Runs a monitor now; answers with the run, which goes on in the background.',
    action: `${machineLearning}/schedules/write`,
    body: z.looseObject({}).optional(),
    response: monitorRunSchema,
    success: [202],
    example: {},
  }),
  listMonitorRuns: operation({
    id: 'monitoring.listRuns',
    method: 'GET',
    path: `${workspaceBase}/monitorRuns`,
    summary: 'Runs of the monitors of a workspace, newest first, with the state of each signal.',
    action: `${machineLearning}/monitorRuns/read`,
    query: z.looseObject({ scheduleName: z.string().optional(), ...page }),
    response: z.object({ value: z.array(monitorRunSchema), nextLink: z.string().nullable() }),
  }),
  getMonitorRun: operation({
    id: 'monitoring.getRun',
    method: 'GET',
    path: `${workspaceBase}/monitorRuns/{runId}`,
    summary: 'One run with every metric, its threshold and its verdict.',
    action: `${machineLearning}/monitorRuns/read`,
    response: monitorRunSchema,
  }),
  getMonitorFeature: operation({
    id: 'monitoring.getFeature',
    method: 'GET',
    path: `${workspaceBase}/monitorRuns/{runId}/features/{featureName}`,
    summary: 'Reference and production histograms and metrics of one column, per signal.',
    action: `${machineLearning}/monitorRuns/read`,
    scope: `${workspaceBase}/monitorRuns/{runId}`,
    response: z.object({
      feature: z.string(),
      signals: z.array(
        z.object({
          name: z.string(),
          dataType: z.string(),
          histogram: monitorHistogramSchema,
          metrics: z.array(monitorMetricSchema),
        }),
      ),
    }),
  }),
  listDeliveries: operation({
    id: 'eventSubscriptions.deliveries',
    method: 'GET',
    path: `${subscriptionBase}/deliveries`,
    summary: 'Events that matched the subscription and what came of each, newest first.',
    action: 'Microsoft.EventGrid/eventSubscriptions/read',
    query: z.looseObject({ ...page }),
    response: z.object({ value: z.array(eventDeliverySchema), nextLink: z.string().nullable() }),
  }),
}
