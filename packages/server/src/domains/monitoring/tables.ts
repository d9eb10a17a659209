import type { MetricState, MonitorDefinition, MonitorHistogram, MonitorSignalResult } from '@fulcrum/contract'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Json, JsonObject } from '../../kernel/tables.ts'

export interface MonitorRunsTable {
  id: string
  /** Lower case, as `schedule_id`. */
  workspace_id: string
  schedule_id: string
  schedule_display_id: string
  trigger: string
  /** Makes a run happen once per cause, e.g. per event. */
  trigger_key: string | null
  requested_by: Json<Actor>
  /** The definition as it was when the run was asked for. */
  definition: Json<MonitorDefinition>
  status: 'Queued' | 'Running' | 'Completed' | 'Failed'
  verdict: MetricState | null
  window_start: Date | null
  window_end: Date
  signals: Json<MonitorSignalResult[]>
  error: string | null
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

export interface MonitorMetricsTable {
  run_id: string
  signal: string
  feature: string
  metric: string
  data_type: string | null
  value: number | null
  baseline_value: number | null
  threshold: number | null
  direction: 'up' | 'down'
  state: MetricState
  reference_rows: number
  production_rows: number
  details: Json<JsonObject>
}

export interface MonitorHistogramsTable {
  run_id: string
  signal: string
  feature: string
  data_type: string
  histogram: Json<MonitorHistogram>
}

export interface EventDeliveriesTable {
  subscription_id: string
  event_sequence: number
  event_id: string
  event_type: string
  subject: string
  state: 'Delivered' | 'Skipped' | 'Failed'
  reason: string | null
  job_id: string | null
  at: Date
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    monitor_runs: MonitorRunsTable
    monitor_metrics: MonitorMetricsTable
    monitor_histograms: MonitorHistogramsTable
    event_deliveries: EventDeliveriesTable
  }
}
