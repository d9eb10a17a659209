import type { MonitorHistogram, MonitorMetric, MonitorRun } from '@fulcrum/contract'
import type { ArmResource } from '../../api.ts'
import type { HistogramPair } from '../../charts/prepare-bars.ts'
import type { Series } from '../../charts/prepare-lines.ts'
import { formatNumber } from '../../ui/format.ts'

/** A schedule whose action is a monitor. */
export type Schedule = ArmResource<{
  readonly displayName?: string | null
  readonly isEnabled?: boolean | null
  readonly provisioningState?: string
  readonly trigger?: {
    readonly triggerType?: string
    readonly expression?: string | null
    readonly frequency?: string | null
    readonly interval?: number | null
  }
  readonly action?: {
    readonly actionType?: string
    readonly monitorDefinition?: {
      readonly monitoringTarget?: { readonly deploymentId?: string | null; readonly taskType?: string | null } | null
      readonly signals?: Readonly<Record<string, { readonly signalType?: string }>>
    }
  }
}>

export function isMonitor(schedule: Schedule): boolean {
  return schedule.properties.action?.actionType?.toLowerCase() === 'createmonitor'
}

/** Where a value lies against its threshold: 1 is at the threshold, above 1 is a breach, whichever way the metric points. */
export function strainOf(metric: Pick<MonitorMetric, 'value' | 'threshold' | 'direction'>): number | undefined {
  const { value, threshold, direction } = metric
  if (value === null || threshold === null) return undefined
  if (direction === 'up') return threshold === 0 ? (value > 0 ? Number.POSITIVE_INFINITY : 0) : value / threshold
  return value === 0 ? Number.POSITIVE_INFINITY : threshold / value
}

/** Metrics of single columns, the most strained first; those without a verdict last. */
export function byStrain(metrics: readonly MonitorMetric[]): readonly MonitorMetric[] {
  return metrics.toSorted((a, b) => (strainOf(b) ?? -1) - (strainOf(a) ?? -1))
}

/** Histogram of a column, as the chart takes it: categories as they are, bins by their edges. */
export function toPair(histogram: MonitorHistogram): HistogramPair {
  const edges = histogram.edges ?? []
  const labels =
    histogram.categories ??
    histogram.reference.map(
      (_, bin) => `${formatNumber(edges[bin] ?? Number.NaN)} – ${formatNumber(edges[bin + 1] ?? Number.NaN)}`,
    )
  return { labels, reference: histogram.reference, production: histogram.production }
}

/** One metric of one column over the runs, oldest first, with its threshold as a second line. */
export function historyOf(runs: readonly MonitorRun[], signal: string, feature: string, metric: string): readonly Series[] {
  const found = runs
    .toSorted((a, b) => a.properties.createdAt.localeCompare(b.properties.createdAt))
    .map((run, position) => ({
      x: position + 1,
      metric: run.properties.signals
        .find(({ name }) => name === signal)
        ?.metrics?.find((one) => one.feature === feature && one.metric === metric),
    }))
  const points = (read: (one: MonitorMetric) => number | null) =>
    found.flatMap(({ x, metric: one }) => {
      const y = one ? read(one) : null
      return y === null ? [] : [{ x, y }]
    })
  return [
    { id: 'value', label: metric, points: points((one) => one.value) },
    { id: 'threshold', label: 'threshold', points: points((one) => one.threshold) },
  ].filter((series) => series.points.length > 0)
}
