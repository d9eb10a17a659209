import { AppError } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { requireActiveExperiment, requireExperiment } from './experiments.ts'
import { checkKey, checkRunId, invalidParameter, limits, truncate } from './limits.ts'
import { randomRunName } from './run-names.ts'
import type { TrackingScope } from './scope.ts'
import type { RunRow } from './tables.ts'

export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export type RunStatus = (typeof runStatuses)[number]

export const runNameTag = 'mlflow.runName'
export const userTag = 'mlflow.user'

export interface RunDraft {
  readonly experimentId: string
  /** A job's name; a fresh id when absent. */
  readonly runId?: string
  readonly userId: string
  readonly runName?: string
  readonly startTimeMs?: number
  readonly status?: RunStatus
  readonly tags: Readonly<Record<string, string>>
}

/** Folder of a run below the artifact container: Azure's own layout. */
export function runFolder(runId: string): string {
  return `ExperimentRun/dcid.${runId}`
}

/** @throws ResourceNotFound no such experiment · InvalidRequestContent it is deleted, or name and name tag differ */
export async function createRun(scope: TrackingScope, draft: RunDraft, db: Executor = scope.ctx.db.kysely): Promise<RunRow> {
  const experiment = await requireActiveExperiment(scope, draft.experimentId, db)
  return db
    .insertInto('runs')
    .values(newRun(scope, experiment, draft))
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The row of a run to be made. @throws InvalidRequestContent name and name tag differ, or a name is not valid */
export function newRun(
  scope: TrackingScope,
  experiment: { readonly experiment_id: string; readonly artifact_location: string },
  draft: RunDraft,
) {
  const runId = draft.runId ?? scope.ctx.ids.uuid().replaceAll('-', '')
  checkRunId(runId)
  const tagged = draft.tags[runNameTag]
  if (tagged !== undefined && draft.runName !== undefined && draft.runName !== '' && draft.runName !== tagged) {
    throw invalidParameter(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${draft.runName}', mlflow.runName='${tagged}').`,
    )
  }
  const runName = draft.runName || tagged || randomRunName(scope.ctx.ids)
  const tags: Record<string, string> = { ...draft.tags, [runNameTag]: runName }
  for (const [key, value] of Object.entries(tags)) {
    checkKey(key, 'tag', 'tags')
    tags[key] = truncate(value, limits.tagValueLength)
  }
  return {
    workspace_id: scope.workspaceId,
    run_id: runId,
    experiment_id: experiment.experiment_id,
    run_name: runName,
    user_id: draft.userId,
    status: draft.status ?? 'RUNNING',
    start_time_ms: draft.startTimeMs ?? scope.ctx.clock.now().getTime(),
    end_time_ms: null,
    deleted_time_ms: null,
    artifact_uri: artifactUri(experiment.artifact_location, experiment.experiment_id, runId),
    tags: JSON.stringify(tags),
  }
}

/** Runs of an experiment with a location of its own keep MLflow's layout below it. */
function artifactUri(location: string, experimentId: string, runId: string): string {
  return location === `mlflow-artifacts:/${experimentId}`
    ? `mlflow-artifacts:/${runFolder(runId)}`
    : `${location}/${runId}/artifacts`
}

export async function findRun(
  scope: TrackingScope,
  runId: string,
  db: Executor = scope.ctx.db.kysely,
): Promise<RunRow | undefined> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('workspace_id', '=', scope.workspaceId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
}

/** @throws ResourceNotFound */
export async function requireRun(scope: TrackingScope, runId: string, db: Executor = scope.ctx.db.kysely): Promise<RunRow> {
  const found = await findRun(scope, runId, db)
  if (found === undefined) throw runNotFound(runId)
  return found
}

export function runNotFound(runId: string): AppError {
  return new AppError('ResourceNotFound', `Run with id=${runId} not found`, { target: 'run_id' })
}

export function refuseInactive(runId: string, stage: string): void {
  if (stage !== 'active') throw invalidParameter(`The run ${runId} must be in the 'active' state. Current state is ${stage}.`)
}

export interface RunChange {
  readonly status?: string
  readonly endTimeMs?: number
  readonly runName?: string
}

/** Sets status, end time and name. @throws InvalidRequestContent the run is deleted, or the status is none of MLflow's */
export async function updateRun(
  scope: TrackingScope,
  runId: string,
  change: RunChange,
  db: Executor = scope.ctx.db.kysely,
): Promise<RunRow> {
  const run = await requireRun(scope, runId, db)
  refuseInactive(runId, run.lifecycle_stage)
  if (change.status !== undefined && !(runStatuses as readonly string[]).includes(change.status)) {
    throw invalidParameter(`Invalid run status '${change.status}'; one of ${runStatuses.join(', ')}.`, 'status')
  }
  const renamed = change.runName !== undefined && change.runName !== ''
  if (change.status === undefined && change.endTimeMs === undefined && !renamed) return run
  return db
    .updateTable('runs')
    .set({
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.endTimeMs === undefined ? {} : { end_time_ms: change.endTimeMs }),
      ...(renamed
        ? { run_name: change.runName, tags: sql`tags || ${JSON.stringify({ [runNameTag]: change.runName })}::jsonb` }
        : {}),
    })
    .where('run_key', '=', run.run_key)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function setRunStage(scope: TrackingScope, runId: string, stage: 'active' | 'deleted'): Promise<void> {
  const run = await requireRun(scope, runId)
  if (stage === 'active') {
    const experiment = await requireExperiment(scope, run.experiment_id)
    if (experiment.lifecycle_stage !== 'active')
      throw invalidParameter(`The experiment ${run.experiment_id} must be in the 'active' state; restore it first.`)
  }
  const deletedTime = stage === 'deleted' ? scope.ctx.clock.now().getTime() : null
  await scope.ctx.db.kysely
    .updateTable('runs')
    .set({ lifecycle_stage: stage, deleted_time_ms: deletedTime })
    .where('run_key', '=', run.run_key)
    .execute()
}

export async function deleteRunTag(scope: TrackingScope, runId: string, key: string): Promise<void> {
  const run = await requireRun(scope, runId)
  refuseInactive(runId, run.lifecycle_stage)
  if (!(key in run.tags)) throw new AppError('ResourceNotFound', `No tag with name: ${key} in run with id ${runId}`)
  await scope.ctx.db.kysely
    .updateTable('runs')
    .set({ tags: sql`tags - ${key}::text` })
    .where('run_key', '=', run.run_key)
    .execute()
}
