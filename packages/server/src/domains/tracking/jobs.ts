import { isAppError } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { createExperiment, findExperimentByName, requireActiveExperiment } from './experiments.ts'
import { logBatch } from './log-batch.ts'
import type { MetricPoint } from './metric-values.ts'
import { findRun, newRun, type RunStatus } from './runs.ts'
import type { TrackingScope } from './scope.ts'
import type { ExperimentRow, RunRow } from './tables.ts'

export interface JobRun {
  readonly workspaceId: string
  /** The job's name. */
  readonly runId: string
  readonly experimentName: string
  readonly actorName: string
  readonly displayName?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly params?: Readonly<Record<string, string>> | undefined
  readonly parentRunId?: string | undefined
  readonly status?: RunStatus | undefined
}

/** The run of a job, made with its experiment when missing; a restored one stays as it is. Call it in the transaction of the job. */
export async function ensureJobRun(tx: Executor, ctx: Context, job: JobRun): Promise<RunRow> {
  const [run] = await ensureJobRuns(tx, ctx, [job])
  if (run === undefined) throw new Error(`Job '${job.runId}' got no run.`)
  return run
}

/** As {@link ensureJobRun} for different jobs of any workspaces, in their order: a few statements, whatever their number. */
export async function ensureJobRuns(tx: Executor, ctx: Context, jobs: readonly JobRun[]): Promise<RunRow[]> {
  const known = await findRuns(tx, jobs)
  const missing = jobs.filter((job) => !known.has(keyOf(job)))
  if (missing.length > 0) {
    const experiments = new Map<string, ExperimentRow>()
    const drafts = []
    for (const job of missing) {
      const scope = scopeOf(ctx, job)
      const key = `${scope.workspaceId}\0${job.experimentName}`
      const experiment = experiments.get(key) ?? (await ensureActiveExperiment(scope, job.experimentName, tx))
      experiments.set(key, experiment)
      drafts.push({ ...newRun(scope, experiment, draftOf(job, experiment)), params: JSON.stringify(job.params ?? {}) })
    }
    // Ordered, so that two engines which make the same runs do not wait for each other.
    const ordered = drafts.toSorted((left, right) => (left.run_id < right.run_id ? -1 : 1))
    const made = await tx
      .insertInto('runs')
      .values(ordered)
      .onConflict((conflict) => conflict.columns(['workspace_id', 'run_id']).doNothing())
      .returningAll()
      .execute()
    for (const run of made) known.set(keyOf({ workspaceId: run.workspace_id, runId: run.run_id }), run)
    const lost = missing.filter((job) => !known.has(keyOf(job)))
    for (const [key, run] of await findRuns(tx, lost)) known.set(key, run)
  }
  return jobs.flatMap((job) => known.get(keyOf(job)) ?? [])
}

const keyOf = (run: { workspaceId: string; runId: string }): string => `${run.workspaceId.toLowerCase()}\0${run.runId}`

function scopeOf(ctx: Context, job: JobRun): TrackingScope {
  return { ctx, workspaceId: job.workspaceId.toLowerCase() }
}

async function findRuns(tx: Executor, jobs: readonly JobRun[]): Promise<Map<string, RunRow>> {
  const found = new Map<string, RunRow>()
  for (const workspaceId of new Set(jobs.map((job) => job.workspaceId.toLowerCase()))) {
    const ids = jobs.filter((job) => job.workspaceId.toLowerCase() === workspaceId).map((job) => job.runId)
    const rows = await tx
      .selectFrom('runs')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where(sql<boolean>`run_id = any(${ids}::text[])`)
      .execute()
    for (const run of rows) found.set(keyOf({ workspaceId, runId: run.run_id }), run)
  }
  return found
}

/** @throws InvalidRequestContent the experiment is deleted */
async function ensureActiveExperiment(scope: TrackingScope, name: string, tx: Executor): Promise<ExperimentRow> {
  const found = await findExperimentByName(scope, name, tx)
  if (found?.lifecycle_stage === 'active') return found
  return requireActiveExperiment(scope, found?.experiment_id ?? (await createOrFind(scope, name, tx)), tx)
}

function draftOf(job: JobRun, experiment: ExperimentRow) {
  const parent: Record<string, string> = job.parentRunId === undefined ? {} : { 'mlflow.parentRunId': job.parentRunId }
  return {
    experimentId: experiment.experiment_id,
    runId: job.runId,
    userId: job.actorName,
    runName: job.displayName ?? job.runId,
    status: job.status ?? ('SCHEDULED' as const),
    tags: { 'mlflow.user': job.actorName, 'mlflow.source.type': 'JOB', ...parent, ...job.tags },
  }
}

export interface JobRunChange {
  readonly workspaceId: string
  readonly runId: string
  readonly status: RunStatus
  readonly startTimeMs?: number
}

/** Moves the runs of different jobs; a terminal status sets the end time. Unknown runs are left alone: a job may have none. */
export async function setJobRunStatuses(tx: Executor, ctx: Context, changes: readonly JobRunChange[]): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map((change) => ({ ...change, workspaceId: change.workspaceId.toLowerCase() }))
  await sql`
    with asked as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      asked("workspaceId" text, "runId" text, status text, "startTimeMs" bigint)),
    held as (select r.run_key, a.status, a."startTimeMs" from runs r
      join asked a on r.workspace_id = a."workspaceId" and r.run_id = a."runId" order by r.run_key for update of r)
    update runs r set status = held.status, start_time_ms = coalesce(held."startTimeMs", r.start_time_ms),
      end_time_ms = case when held.status in ('FINISHED', 'FAILED', 'KILLED')
        then coalesce(r.end_time_ms, ${ctx.clock.now().getTime()}::bigint) else r.end_time_ms end
    from held where r.run_key = held.run_key`.execute(tx)
}

/** Adds tags to the run of a job; those of the same name are replaced. */
export async function setJobRunTags(
  tx: Executor,
  change: { workspaceId: string; runId: string; tags: Readonly<Record<string, string>> },
): Promise<void> {
  await tx
    .updateTable('runs')
    .set({ tags: sql`tags || ${JSON.stringify(change.tags)}::jsonb` })
    .where('workspace_id', '=', change.workspaceId.toLowerCase())
    .where('run_id', '=', change.runId)
    .execute()
}

/** Ends the run of a job. */
export async function endJobRun(
  tx: Executor,
  ctx: Context,
  end: { workspaceId: string; runId: string; status: 'FINISHED' | 'FAILED' | 'KILLED' },
): Promise<void> {
  await setJobRunStatuses(tx, ctx, [end])
}

/** Appends measurements of a job's processes, such as `system/cpu_utilization_percentage`. */
export async function logSystemMetrics(
  ctx: Context,
  entry: { workspaceId: string; runId: string; metrics: Readonly<Record<string, number>>; step?: number; timestampMs?: number },
): Promise<void> {
  const timestampMs = entry.timestampMs ?? ctx.clock.now().getTime()
  const metrics = Object.entries(entry.metrics).map(([key, value]): MetricPoint => ({
    key: key.startsWith('system/') ? key : `system/${key}`,
    value,
    timestampMs,
    step: entry.step ?? 0,
  }))
  await logBatch({ ctx, workspaceId: entry.workspaceId.toLowerCase() }, entry.runId, { metrics, params: [], tags: [] })
}

/** The latest value of each metric of a run; `undefined` when there is no such run. */
export async function readLatestMetrics(
  ctx: Context,
  workspaceId: string,
  runId: string,
): Promise<Record<string, number> | undefined> {
  const run = await findRun({ ctx, workspaceId: workspaceId.toLowerCase() }, runId)
  return run === undefined
    ? undefined
    : Object.fromEntries(Object.entries(run.metrics).map(([key, [value]]) => [key, Number(value)]))
}

/** Every value of a metric by run, in the order of logging; runs without one are left out. */
export async function readMetricValues(
  db: Executor,
  query: { readonly workspaceId: string; readonly runIds: readonly string[]; readonly key: string },
): Promise<Map<string, number[]>> {
  const rows = await sql<{ run_id: string; value: number }>`
    select r.run_id, p.value from metric_points p join runs r on r.run_key = p.run_key
    where r.workspace_id = ${query.workspaceId.toLowerCase()} and r.run_id = any(${[...query.runIds]}::text[])
      and p.key_id = (select key_id from metric_keys where key = ${query.key})
    order by r.run_id, p.step, p.timestamp_ms`.execute(db)
  const values = new Map<string, number[]>()
  for (const row of rows.rows) {
    const known = values.get(row.run_id)
    if (known === undefined) values.set(row.run_id, [Number(row.value)])
    else known.push(Number(row.value))
  }
  return values
}

/** Two first jobs of an experiment may start at once: the second one waits for the other's transaction, and finds what that made. */
async function createOrFind(scope: TrackingScope, name: string, tx: Executor): Promise<string> {
  try {
    return await createExperiment(scope, { name }, tx)
  } catch (error) {
    const made = isAppError(error) && error.status === 409 ? await findExperimentByName(scope, name, tx) : undefined
    if (made === undefined) throw error
    return made.experiment_id
  }
}
