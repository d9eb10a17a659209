import { AppError, conflict } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { checkKey, invalidParameter, invalidValue, limits } from './limits.ts'
import type { TrackingScope } from './scope.ts'
import type { ExperimentRow } from './tables.ts'

export interface ExperimentDraft {
  readonly name: string
  readonly artifactLocation?: string
  readonly tags?: Readonly<Record<string, string>>
}

/** @returns the id of the new experiment @throws ResourceAlreadyExists the name is taken, also by a deleted experiment */
export async function createExperiment(
  scope: TrackingScope,
  draft: ExperimentDraft,
  db: Executor = scope.ctx.db.kysely,
): Promise<string> {
  checkName(draft.name)
  if ((draft.artifactLocation ?? '').length > 2048)
    throw invalidValue(draft.artifactLocation?.slice(0, 50), 'artifact_location', 'longer than 2048 characters')
  for (const [key, value] of Object.entries(draft.tags ?? {})) checkTag(key, value)
  const now = scope.ctx.clock.now().getTime()
  const location =
    draft.artifactLocation === undefined || draft.artifactLocation === '' ? undefined : draft.artifactLocation.replace(/\/+$/, '')
  const created = await sql<{ experiment_id: string }>`
    insert into experiments (workspace_id, experiment_id, sequence, name, artifact_location, creation_time_ms, last_update_time_ms, tags)
    select ${scope.workspaceId}, n::text, n, ${draft.name}, coalesce(${location ?? null}, 'mlflow-artifacts:/' || n), ${now}, ${now}, ${JSON.stringify(draft.tags ?? {})}::jsonb
    from (select nextval('experiments_sequence_seq') + 0 as n) s
    on conflict do nothing returning experiment_id`.execute(db)
  const id = created.rows[0]?.experiment_id
  if (id !== undefined) return id
  const existing = await findExperimentByName(scope, draft.name, db)
  const hint =
    existing?.lifecycle_stage === 'deleted'
      ? ` It is deleted: restore it with experiments/restore (experiment_id ${existing.experiment_id}), or choose another name.`
      : ''
  throw conflict(`Experiment(name=${draft.name}) already exists.${hint}`, { code: 'ResourceAlreadyExists', target: 'name' })
}

export async function findExperiment(
  scope: TrackingScope,
  experimentId: string,
  db: Executor = scope.ctx.db.kysely,
): Promise<ExperimentRow | undefined> {
  return db
    .selectFrom('experiments')
    .selectAll()
    .where('workspace_id', '=', scope.workspaceId)
    .where('experiment_id', '=', experimentId)
    .executeTakeFirst()
}

export async function findExperimentByName(
  scope: TrackingScope,
  name: string,
  db: Executor = scope.ctx.db.kysely,
): Promise<ExperimentRow | undefined> {
  return db
    .selectFrom('experiments')
    .selectAll()
    .where('workspace_id', '=', scope.workspaceId)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** @throws ResourceNotFound */
export async function requireExperiment(
  scope: TrackingScope,
  experimentId: string,
  db: Executor = scope.ctx.db.kysely,
): Promise<ExperimentRow> {
  const found = await findExperiment(scope, experimentId, db)
  if (found === undefined)
    throw new AppError('ResourceNotFound', `No Experiment with id=${experimentId} exists`, { target: 'experiment_id' })
  return found
}

export async function requireActiveExperiment(
  scope: TrackingScope,
  experimentId: string,
  db: Executor = scope.ctx.db.kysely,
): Promise<ExperimentRow> {
  const found = await requireExperiment(scope, experimentId, db)
  if (found.lifecycle_stage !== 'active') {
    throw invalidParameter(
      `The experiment ${experimentId} must be in the 'active' state. Current state is ${found.lifecycle_stage}.`,
    )
  }
  return found
}

export async function renameExperiment(scope: TrackingScope, experimentId: string, name: string): Promise<void> {
  checkName(name)
  await requireActiveExperiment(scope, experimentId)
  const taken = await findExperimentByName(scope, name)
  if (taken !== undefined && taken.experiment_id !== experimentId)
    throw conflict(`Experiment(name=${name}) already exists.`, { code: 'ResourceAlreadyExists' })
  await change(scope, experimentId, { name })
}

/** Deletes or restores an experiment with its runs. @throws when it is in that state already */
export async function setExperimentStage(scope: TrackingScope, experimentId: string, stage: 'active' | 'deleted'): Promise<void> {
  const found = await requireExperiment(scope, experimentId)
  if (found.lifecycle_stage === stage) {
    if (stage === 'active')
      throw invalidParameter(`The experiment ${experimentId} must be in the 'deleted' state. Current state is active.`)
    throw new AppError('ResourceNotFound', `No active Experiment with id=${experimentId} exists`)
  }
  const now = scope.ctx.clock.now().getTime()
  await scope.ctx.db.transaction(async (tx) => {
    await change(scope, experimentId, { lifecycle_stage: stage }, tx)
    await tx
      .updateTable('runs')
      .set({ lifecycle_stage: stage, deleted_time_ms: stage === 'deleted' ? now : null })
      .where('workspace_id', '=', scope.workspaceId)
      .where('experiment_id', '=', experimentId)
      .execute()
  })
}

export async function setExperimentTag(
  scope: TrackingScope,
  experimentId: string,
  tag: { key: string; value: string },
): Promise<void> {
  checkTag(tag.key, tag.value)
  await requireActiveExperiment(scope, experimentId)
  await change(scope, experimentId, { tags: sql`tags || ${JSON.stringify({ [tag.key]: tag.value })}::jsonb` })
}

export async function deleteExperimentTag(scope: TrackingScope, experimentId: string, key: string): Promise<void> {
  const found = await requireActiveExperiment(scope, experimentId)
  if (!(key in found.tags))
    throw new AppError('ResourceNotFound', `No tag with name: ${key} in experiment with id ${experimentId}`)
  await change(scope, experimentId, { tags: sql`tags - ${key}::text` })
}

async function change(
  scope: TrackingScope,
  experimentId: string,
  values: Record<string, unknown>,
  db: Executor = scope.ctx.db.kysely,
): Promise<void> {
  await db
    .updateTable('experiments')
    .set({ ...values, last_update_time_ms: scope.ctx.clock.now().getTime() })
    .where('workspace_id', '=', scope.workspaceId)
    .where('experiment_id', '=', experimentId)
    .execute()
}

function checkName(name: string): void {
  if (name.trim() === '') throw invalidParameter(`Invalid experiment name: '${name}'. An experiment name is not empty.`, 'name')
  if (name.length > limits.experimentNameLength)
    throw invalidValue(`${name.slice(0, 50)}…`, 'name', `exceeds the maximum length of ${limits.experimentNameLength} characters`)
}

function checkTag(key: string, value: string): void {
  checkKey(key, 'tag', 'key')
  if (value.length > limits.experimentTagValueLength)
    throw invalidValue(
      `${value.slice(0, 50)}…`,
      'value',
      `exceeds the maximum length of ${limits.experimentTagValueLength} characters`,
    )
}

/** Drops what deleted workspaces tracked, with runs and points; what a new workspace of the same name has made since stays. */
export async function forgetWorkspaces(db: Executor, deletedId: string, deletedAt: Date): Promise<void> {
  const lower = deletedId.toLowerCase()
  await sql`delete from experiments where (workspace_id = ${lower} or starts_with(workspace_id, ${`${lower}/`}))
    and creation_time_ms <= ${deletedAt.getTime()}`.execute(db)
}
