import { thresholdsOf, type MetricState, type MetricThreshold, type MonitorMetric, type MonitorSignal } from '@fulcrum/contract'
import {
  adjustForFalseDiscovery,
  findMetric,
  metricRegistry,
  type DataType,
  type MetricDefinition,
  type MetricFamily,
} from '../metrics/index.ts'

/** Metrics that a signal asks for, and what counts as a breach. */

export interface WantedMetric {
  readonly definition: MetricDefinition
  readonly dataType: DataType | undefined
  readonly threshold: number | undefined
}

/** Thresholds of the SDK for signals that name none. */
const usual: Readonly<Record<MetricFamily, readonly WantedMetricDraft[]>> = {
  drift: [
    { id: 'normalized_wasserstein_distance', dataType: 'Numerical' },
    { id: 'jensen_shannon_distance', dataType: 'Categorical' },
  ],
  quality: [{ id: 'null_value_rate' }, { id: 'data_type_error_rate' }, { id: 'out_of_bounds_rate' }],
  performance: [],
}
interface WantedMetricDraft {
  readonly id: string
  readonly dataType?: DataType
}

/**
 * The metrics of a signal, each with its own threshold; 0 is a threshold. Names that do not belong here are returned as they were
 * written, so that the signal can say so.
 */
export function wantedMetrics(
  signal: MonitorSignal,
  family: MetricFamily,
): { readonly metrics: readonly WantedMetric[]; readonly unknown: readonly string[] } {
  const given = thresholdsOf(signal)
  if (given.length === 0) {
    const metrics = usual[family].flatMap(({ id, dataType }) => {
      const definition = findMetric(id)
      return definition === undefined ? [] : [{ definition, dataType, threshold: definition.defaultThreshold }]
    })
    return { metrics, unknown: [] }
  }
  const found = given.map((entry) => ({ entry, definition: findMetric(entry.metric) }))
  return {
    metrics: found.flatMap(({ entry, definition }) =>
      definition?.family === family
        ? [{ definition, dataType: dataTypeOf(entry), threshold: entry.threshold?.value ?? definition.defaultThreshold }]
        : [],
    ),
    unknown: found.flatMap(({ entry, definition }) => (definition?.family === family ? [] : [entry.metric])),
  }
}

/** The names a family has, for messages. */
export function metricNames(family: MetricFamily): string {
  return metricRegistry
    .filter((metric) => metric.family === family)
    .map((metric) => metric.id)
    .join(', ')
}

function dataTypeOf(entry: MetricThreshold): DataType | undefined {
  const text = entry.dataType?.toLowerCase()
  return text === 'numerical' ? 'Numerical' : text === 'categorical' ? 'Categorical' : undefined
}

export interface Measured {
  readonly feature: string
  readonly dataType: string | null
  readonly value: number | undefined
  readonly baselineValue?: number | undefined
  readonly referenceRows: number
  readonly productionRows: number
  /** The figure means nothing, for example a distance in units of no spread. */
  readonly degenerate?: boolean
  readonly details?: Record<string, unknown>
}

/** Compares strictly, as Azure does; a missing value is never a pass. Thresholds of quality metrics are added to the reference's own rate. */
export function judge(definition: MetricDefinition, threshold: number | undefined, measured: Measured): MonitorMetric {
  const { value, baselineValue } = measured
  const metric = {
    feature: measured.feature,
    metric: definition.id,
    dataType: measured.dataType,
    value: value === undefined || !Number.isFinite(value) ? null : value,
    baselineValue: baselineValue === undefined || !Number.isFinite(baselineValue) ? null : baselineValue,
    threshold: threshold ?? null,
    direction: definition.direction,
    referenceRows: measured.referenceRows,
    productionRows: measured.productionRows,
    details: measured.details ?? {},
  }
  return { ...metric, state: stateOf(definition, metric, measured.degenerate === true) }
}

function stateOf(definition: MetricDefinition, metric: Omit<MonitorMetric, 'state'>, degenerate: boolean): MetricState {
  if (metric.threshold === null) return 'not_judged'
  if (metric.productionRows === 0 || metric.referenceRows === 0) return 'no_data'
  if (Math.min(metric.productionRows, metric.referenceRows) < definition.minimumRows) return 'insufficient_samples'
  if (metric.value === null) return 'no_data'
  if (degenerate) return 'degenerate'
  // Rates have five decimals; the sum of two of them must have no more, or a rate would exceed its own baseline.
  const limit =
    definition.family === 'quality' ? Math.round(((metric.baselineValue ?? 0) + metric.threshold) * 1e5) / 1e5 : metric.threshold
  const breached = definition.direction === 'up' ? metric.value > limit : metric.value < limit
  return breached ? 'breach' : 'ok'
}

/** P-values tell nothing about size when rows are many: from here on they are shown and not judged. */
const pValueRowsBelow = 10_000

/** Judges p-values once more, adjusted over the features of the signal (Benjamini–Hochberg). */
export function adjustPValues(metrics: readonly MonitorMetric[]): MonitorMetric[] {
  const isPValue = (metric: MonitorMetric): boolean => findMetric(metric.metric)?.isPValue === true
  const judged = metrics.filter((metric) => isPValue(metric) && (metric.state === 'ok' || metric.state === 'breach'))
  const adjusted = new Map<MonitorMetric, number>()
  for (const name of new Set(judged.map((metric) => metric.metric))) {
    const group = judged.filter((metric) => metric.metric === name)
    const values = adjustForFalseDiscovery(group.map((metric) => metric.value ?? 1))
    group.forEach((metric, index) => adjusted.set(metric, values[index] ?? 1))
  }
  return metrics.map((metric) => {
    const value = adjusted.get(metric)
    if (value === undefined) return metric
    const details = { ...metric.details, adjustedPValue: value }
    if (Math.max(metric.referenceRows, metric.productionRows) >= pValueRowsBelow) {
      return {
        ...metric,
        details: { ...details, reason: `p-values are judged below ${pValueRowsBelow} rows only` },
        state: 'not_judged' as const,
      }
    }
    return { ...metric, details, state: value < (metric.threshold ?? 0) ? ('breach' as const) : ('ok' as const) }
  })
}

/** Worst first. What is not judged does not count; nothing judged at all is no data. */
const severity: readonly MetricState[] = ['breach', 'error', 'no_data', 'degenerate', 'insufficient_samples', 'ok']

export function worstState(states: readonly MetricState[]): MetricState {
  return severity.find((state) => states.includes(state)) ?? 'no_data'
}
