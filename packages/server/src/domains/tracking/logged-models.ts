import { AppError } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { requireActiveExperiment } from './experiments.ts'
import { invalidParameter } from './limits.ts'
import { encodeDouble, type MetricPoint } from './metric-values.ts'
import type { TrackingScope } from './scope.ts'
import type { LoggedModelMetric, LoggedModelRow } from './tables.ts'

export const loggedModelStatuses = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const

export interface LoggedModelDraft {
  readonly experimentId: string
  readonly name?: string
  readonly modelType?: string
  readonly sourceRunId?: string
  readonly params: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

/** Folder of a logged model below the artifact container. */
export function loggedModelFolder(modelId: string): string {
  return `LoggedModels/${modelId}`
}

export async function createLoggedModel(scope: TrackingScope, draft: LoggedModelDraft): Promise<LoggedModelRow> {
  const experiment = await requireActiveExperiment(scope, draft.experimentId)
  if (draft.name !== undefined && /[/:.%"']/.test(draft.name)) {
    throw invalidParameter(`Invalid model name: '${draft.name}'. A logged model name has none of / : . % " '.`, 'name')
  }
  const modelId = `m-${scope.ctx.ids.uuid().replaceAll('-', '')}`
  const now = scope.ctx.clock.now().getTime()
  const location = experiment.artifact_location
  const managed = location === `mlflow-artifacts:/${experiment.experiment_id}`
  return scope.ctx.db.kysely
    .insertInto('logged_models')
    .values({
      workspace_id: scope.workspaceId,
      model_id: modelId,
      experiment_id: experiment.experiment_id,
      name: draft.name === undefined || draft.name === '' ? modelId : draft.name,
      artifact_uri: managed ? `mlflow-artifacts:/${loggedModelFolder(modelId)}` : `${location}/models/${modelId}/artifacts`,
      creation_time_ms: now,
      last_update_time_ms: now,
      source_run_id: draft.sourceRunId ?? null,
      status: 'LOGGED_MODEL_PENDING',
      status_message: null,
      model_type: draft.modelType ?? null,
      tags: JSON.stringify(draft.tags),
      params: JSON.stringify(draft.params),
      deleted_time_ms: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function findLoggedModel(
  scope: TrackingScope,
  modelId: string,
  db: Executor = scope.ctx.db.kysely,
): Promise<LoggedModelRow | undefined> {
  return db
    .selectFrom('logged_models')
    .selectAll()
    .where('workspace_id', '=', scope.workspaceId)
    .where('model_id', '=', modelId)
    .where('deleted_time_ms', 'is', null)
    .executeTakeFirst()
}

/** @throws ResourceNotFound */
export async function requireLoggedModel(scope: TrackingScope, modelId: string): Promise<LoggedModelRow> {
  const found = await findLoggedModel(scope, modelId)
  if (found === undefined) throw loggedModelNotFound(modelId)
  return found
}

function loggedModelNotFound(modelId: string): AppError {
  return new AppError('ResourceNotFound', `Logged model with ID '${modelId}' not found.`, { target: 'model_id' })
}

export interface LoggedModelChange {
  readonly status?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly params?: Readonly<Record<string, string>>
  readonly removedTag?: string
  readonly deleted?: boolean
}

/** One guarded statement for every change of a logged model. @throws ResourceNotFound · InvalidRequestContent unknown status */
export async function changeLoggedModel(
  scope: TrackingScope,
  modelId: string,
  change: LoggedModelChange,
): Promise<LoggedModelRow> {
  const known: readonly string[] = loggedModelStatuses
  if (change.status !== undefined && !known.includes(change.status))
    throw invalidParameter(`Invalid model status: '${change.status}'. Expected one of ${known.join(', ')}.`, 'status')
  const now = scope.ctx.clock.now().getTime()
  const changed = await scope.ctx.db.kysely
    .updateTable('logged_models')
    .set({
      last_update_time_ms: now,
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.tags === undefined ? {} : { tags: sql`tags || ${JSON.stringify(change.tags)}::jsonb` }),
      ...(change.params === undefined ? {} : { params: sql`params || ${JSON.stringify(change.params)}::jsonb` }),
      ...(change.removedTag === undefined ? {} : { tags: sql`tags - ${change.removedTag}::text` }),
      ...(change.deleted === true ? { deleted_time_ms: now } : {}),
    })
    .where('workspace_id', '=', scope.workspaceId)
    .where('model_id', '=', modelId)
    .where('deleted_time_ms', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (changed === undefined) throw loggedModelNotFound(modelId)
  return changed
}

/** Adds points to the metrics of logged models; a point replaces the one of the same key, run and data set unless that is later. */
export async function appendModelMetrics(
  tx: Executor,
  scope: TrackingScope,
  runId: string,
  points: readonly MetricPoint[],
): Promise<void> {
  for (const modelId of new Set(points.map((point) => point.modelId ?? '')).values()) {
    const row = await tx
      .selectFrom('logged_models')
      .select('metrics')
      .where('workspace_id', '=', scope.workspaceId)
      .where('model_id', '=', modelId)
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) continue
    const merged = new Map(row.metrics.map((metric) => [identity(metric), metric]))
    for (const point of points.filter((candidate) => candidate.modelId === modelId)) {
      const metric: LoggedModelMetric = {
        key: point.key,
        value: encodeDouble(point.value),
        timestamp: point.timestampMs,
        step: point.step,
        run_id: runId,
        model_id: modelId,
        ...(point.datasetName === undefined ? {} : { dataset_name: point.datasetName }),
        ...(point.datasetDigest === undefined ? {} : { dataset_digest: point.datasetDigest }),
      }
      const known = merged.get(identity(metric))
      if (known === undefined || metric.step > known.step || (metric.step === known.step && metric.timestamp >= known.timestamp))
        merged.set(identity(metric), metric)
    }
    await tx
      .updateTable('logged_models')
      .set({ metrics: JSON.stringify([...merged.values()]) })
      .where('workspace_id', '=', scope.workspaceId)
      .where('model_id', '=', modelId)
      .execute()
  }
}

function identity(metric: LoggedModelMetric): string {
  return [metric.key, metric.run_id ?? '', metric.dataset_name ?? '', metric.dataset_digest ?? ''].join('\n')
}
