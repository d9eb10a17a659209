import type { ColumnType, Generated, Selectable } from 'kysely'

type JsonDefault<Read> = ColumnType<Read, string | undefined, string>

/** `[value, timestampMs, step]`; values JSON cannot hold are the texts `NaN`, `Infinity`, `-Infinity`. */
export type LatestMetric = readonly [value: number | string, timestampMs: number, step: number]

export interface RunDataset {
  readonly dataset: {
    readonly name: string
    readonly digest: string
    readonly source_type: string
    readonly source: string
    readonly schema?: string
    readonly profile?: string
  }
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

export interface ModelLink {
  readonly model_id: string
  readonly step?: number
}

export interface LoggedModelMetric {
  readonly key: string
  readonly value: number | string
  readonly timestamp: number
  readonly step: number
  readonly run_id?: string
  readonly model_id?: string
  readonly dataset_name?: string
  readonly dataset_digest?: string
}

export interface ExperimentsTable {
  workspace_id: string
  experiment_id: string
  sequence: Generated<number>
  name: string
  artifact_location: string
  lifecycle_stage: Generated<string>
  creation_time_ms: number
  last_update_time_ms: number
  tags: JsonDefault<Record<string, string>>
}

export interface RunsTable {
  run_key: Generated<number>
  workspace_id: string
  run_id: string
  experiment_id: string
  run_name: string
  user_id: string
  status: string
  start_time_ms: number | null
  end_time_ms: number | null
  lifecycle_stage: Generated<string>
  deleted_time_ms: number | null
  artifact_uri: string
  params: JsonDefault<Record<string, string>>
  tags: JsonDefault<Record<string, string>>
  metrics: JsonDefault<Record<string, LatestMetric>>
  datasets: JsonDefault<RunDataset[]>
  model_inputs: JsonDefault<ModelLink[]>
  model_outputs: JsonDefault<ModelLink[]>
}

export interface LoggedModelsTable {
  workspace_id: string
  model_id: string
  sequence: Generated<number>
  experiment_id: string
  name: string
  artifact_uri: string
  creation_time_ms: number
  last_update_time_ms: number
  source_run_id: string | null
  status: string
  status_message: string | null
  model_type: string | null
  tags: JsonDefault<Record<string, string>>
  params: JsonDefault<Record<string, string>>
  metrics: JsonDefault<LoggedModelMetric[]>
  deleted_time_ms: number | null
}

export type ExperimentRow = Selectable<ExperimentsTable>
export type RunRow = Selectable<RunsTable>
export type LoggedModelRow = Selectable<LoggedModelsTable>

declare module '../../kernel/db/schema.ts' {
  interface Database {
    experiments: ExperimentsTable
    runs: RunsTable
    metric_keys: { key_id: Generated<number>; key: string }
    metric_points: { run_key: number; key_id: number; step: number; timestamp_ms: number; value: number }
    logged_models: LoggedModelsTable
  }
}
