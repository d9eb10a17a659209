import type { MetricState, MonitorHistogram, MonitorMetric, MonitorSignal } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { AnalyticsSession } from '../../../kernel/analytics/index.ts'
import type { LoadedTable, Window } from '../data/index.ts'

/** What a signal is computed from. */
export interface SignalInput {
  readonly ctx: Context
  readonly workspaceId: string
  readonly name: string
  readonly signal: MonitorSignal
  readonly taskType: string | undefined
  readonly session: AnalyticsSession
  /** Collected rows are read from this window when the signal names none. */
  readonly window: Window
  readonly now: Date
}

export interface FeatureHistogram {
  readonly feature: string
  readonly dataType: string
  readonly histogram: MonitorHistogram
}

export interface SignalOutcome {
  readonly state: MetricState
  readonly message: string | null
  readonly referenceRows: number
  readonly productionRows: number
  readonly metrics: readonly MonitorMetric[]
  readonly histograms: readonly FeatureHistogram[]
}

/** An outcome without metrics: there was nothing to compute, or it could not be. */
export function withoutMetrics(
  state: 'no_data' | 'error',
  message: string,
  tables: { reference?: LoadedTable | undefined; production?: LoadedTable | undefined } = {},
): SignalOutcome {
  return {
    state,
    message,
    referenceRows: tables.reference?.rows ?? 0,
    productionRows: tables.production?.rows ?? 0,
    metrics: [],
    histograms: [],
  }
}
