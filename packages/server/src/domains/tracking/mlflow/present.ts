import type { HistoryPoint } from '../history.ts'
import type { ArtifactEntry } from '../artifacts.ts'
import { encodeDouble } from '../metric-values.ts'
import type { ExperimentRow, LoggedModelRow, RunRow } from '../tables.ts'

/** Prints what is stored in MLflow's JSON: snake_case, unset members left out, int64 as numbers. */

export function presentTags(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

export function presentExperiment(row: ExperimentRow) {
  return {
    experiment_id: row.experiment_id,
    name: row.name,
    artifact_location: row.artifact_location,
    lifecycle_stage: row.lifecycle_stage,
    last_update_time: row.last_update_time_ms,
    creation_time: row.creation_time_ms,
    tags: presentTags(row.tags),
  }
}

export function presentRunInfo(row: RunRow) {
  return {
    run_uuid: row.run_id,
    run_id: row.run_id,
    run_name: row.run_name,
    experiment_id: row.experiment_id,
    user_id: row.user_id,
    status: row.status,
    ...(row.start_time_ms === null ? {} : { start_time: row.start_time_ms }),
    ...(row.end_time_ms === null ? {} : { end_time: row.end_time_ms }),
    artifact_uri: row.artifact_uri,
    lifecycle_stage: row.lifecycle_stage,
  }
}

export function presentRun(row: RunRow) {
  return {
    info: presentRunInfo(row),
    data: {
      metrics: Object.entries(row.metrics).map(([key, [value, timestamp, step]]) => ({ key, value, timestamp, step })),
      params: presentTags(row.params),
      tags: presentTags(row.tags),
    },
    inputs: { dataset_inputs: row.datasets, model_inputs: row.model_inputs },
    outputs: { model_outputs: row.model_outputs },
  }
}

export function presentPoint(key: string, point: HistoryPoint, withRun = false) {
  return {
    key,
    value: encodeDouble(point.value),
    timestamp: point.timestampMs,
    step: point.step,
    ...(withRun ? { run_id: point.runId } : {}),
  }
}

export function presentFiles(entries: readonly ArtifactEntry[], folder: string) {
  return entries.map(({ name, isDirectory, sizeBytes }) => ({
    path: folder === '' ? name : `${folder}/${name}`,
    is_dir: isDirectory,
    ...(isDirectory ? {} : { file_size: sizeBytes }),
  }))
}

export function presentLoggedModel(row: LoggedModelRow) {
  return {
    info: {
      model_id: row.model_id,
      experiment_id: row.experiment_id,
      name: row.name,
      creation_timestamp_ms: row.creation_time_ms,
      last_updated_timestamp_ms: row.last_update_time_ms,
      artifact_uri: row.artifact_uri,
      status: row.status,
      ...(row.model_type === null ? {} : { model_type: row.model_type }),
      ...(row.source_run_id === null ? {} : { source_run_id: row.source_run_id }),
      ...(row.status_message === null ? {} : { status_message: row.status_message }),
      tags: presentTags(row.tags),
      registrations: [],
    },
    data: { params: presentTags(row.params), metrics: row.metrics },
  }
}
