import { z } from 'zod'

/**
 * The `monitorDefinition` of a schedule with action CreateMonitor, in Azure's shapes: that of 2024-04-01, and that of 2023-06-01-preview,
 * which Azure's SDK sends (`mode` for notificationTypes, `Trailing` for `Rolling`, ModelPerformance, alertNotificationSetting).
 */

/** Where rows come from. `uri`: an asset id, `azureml:name:version`, `azureml:name@label` or `azureml://datastores/…`. */
export const monitorDataSchema = z.looseObject({
  /** `Rolling` or `Trailing` by window size and offset, `Static` by start and end; all rows otherwise. */
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
  /** The SDK's spelling of the same: `Enabled`, `Disabled`. */
  mode: z.string().nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
})
export type MonitorSignal = z.output<typeof monitorSignalSchema>

/** True when a breach of the signal is to be told, and not only shown. */
export function isAlerting(signal: Pick<MonitorSignal, 'notificationTypes' | 'mode'>): boolean {
  if (signal.notificationTypes !== null && signal.notificationTypes !== undefined) return signal.notificationTypes.length > 0
  return signal.mode?.toLowerCase() !== 'disabled'
}

/** Where the SDK writes the thresholds of a performance signal, as JSON; its `metricThreshold` is always the same one. */
const performanceThresholds = 'azureml.modelmonitor.model_performance_thresholds'

/** The thresholds of a signal, wherever they are written. */
export function thresholdsOf(
  signal: Pick<MonitorSignal, 'metricThresholds' | 'metricThreshold' | 'properties'>,
): MetricThreshold[] {
  const text = signal.properties?.[performanceThresholds]
  const written = typeof text === 'string' ? z.array(metricThresholdSchema).safeParse(jsonOf(text)) : undefined
  if (written?.success === true) return written.data
  return [...(signal.metricThresholds ?? []), ...(signal.metricThreshold ? [signal.metricThreshold] : [])]
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const monitorDefinitionSchema = z.looseObject({
  computeConfiguration: z.looseObject({}).nullish(),
  monitoringTarget: z
    .looseObject({ taskType: z.string().nullish(), deploymentId: z.string().nullish(), modelId: z.string().nullish() })
    .nullish(),
  signals: z.record(z.string(), monitorSignalSchema),
  alertNotificationSettings: z.looseObject({}).nullish(),
  /** As the SDK spells it. */
  alertNotificationSetting: z.looseObject({}).nullish(),
})
export type MonitorDefinition = z.output<typeof monitorDefinitionSchema>
