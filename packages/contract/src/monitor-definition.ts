import { z } from 'zod'

/** The `monitorDefinition` of a schedule with action CreateMonitor, in Azure's shape (2024-04-01, and the preview's ModelPerformance). */

/** Where rows come from. `uri`: an asset id, `azureml:name:version`, `azureml:name@label` or `azureml://datastores/…`. */
export const monitorDataSchema = z.looseObject({
  /** `Rolling` by window size and offset, `Static` by start and end; all rows otherwise. */
  inputDataType: z.string().nullish(),
  jobInputType: z.string().nullish(),
  uri: z.string().min(1),
  dataContext: z.string().nullish(),
  /** Columns with a part to play: `target_column`, `prediction_column`, `correlation_id`. */
  columns: z.record(z.string(), z.string()).nullish(),
  /** ISO 8601 durations, back from the time of the run. */
  windowSize: z.string().nullish(),
  windowOffset: z.string().nullish(),
  windowStart: z.string().nullish(),
  windowEnd: z.string().nullish(),
  preprocessingComponentId: z.string().nullish(),
})
export type MonitorData = z.output<typeof monitorDataSchema>

export const metricThresholdSchema = z.looseObject({
  /** `Numerical`, `Categorical`; absent = each type that the metric is for. */
  dataType: z.string().nullish(),
  /** `Classification`, `Regression`. */
  modelType: z.string().nullish(),
  metric: z.string(),
  threshold: z.looseObject({ value: z.number() }).nullish(),
})
export type MetricThreshold = z.output<typeof metricThresholdSchema>

const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([z.array(item), item.transform((single) => [single])])

export const monitorSignalSchema = z.looseObject({
  signalType: z.string(),
  productionData: oneOrMore(monitorDataSchema).nullish(),
  referenceData: monitorDataSchema.nullish(),
  features: z
    .looseObject({ filterType: z.string(), features: z.array(z.string()).nullish(), top: z.number().nullish() })
    .nullish(),
  featureDataTypeOverride: z.record(z.string(), z.string()).nullish(),
  metricThresholds: oneOrMore(metricThresholdSchema).nullish(),
  /** The member of signals with a single metric. */
  metricThreshold: metricThresholdSchema.nullish(),
  /** Empty: the signal is shown, but raises no event. Absent counts as switched on. */
  notificationTypes: z.array(z.string()).nullish(),
})
export type MonitorSignal = z.output<typeof monitorSignalSchema>

export const monitorDefinitionSchema = z.looseObject({
  computeConfiguration: z.looseObject({}).nullish(),
  monitoringTarget: z
    .looseObject({ taskType: z.string().nullish(), deploymentId: z.string().nullish(), modelId: z.string().nullish() })
    .nullish(),
  signals: z.record(z.string(), monitorSignalSchema),
  alertNotificationSettings: z.looseObject({}).nullish(),
})
export type MonitorDefinition = z.output<typeof monitorDefinitionSchema>
