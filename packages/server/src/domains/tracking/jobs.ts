import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { createExperiment, findExperimentByName } from './experiments.ts'
import { logBatch } from './log-batch.ts'
import type { MetricPoint } from './metric-values.ts'
import { createRun, findRun, type RunStatus } from './runs.ts'
import type { TrackingScope } from './scope.ts'
import type { RunRow } from './tables.ts'

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
  const scope: TrackingScope = { ctx, workspaceId: job.workspaceId.toLowerCase() }
  const existing = await findRun(scope, job.runId, tx)
  if (existing !== undefined) return existing
  const experimentId =
    (await findExperimentByName(scope, job.experimentName, tx))?.experiment_id ??
    (await createExperiment(scope, { name: job.experimentName }, tx))
  const parent: Record<string, string> = job.parentRunId === undefined ? {} : { 'mlflow.parentRunId': job.parentRunId }
  const run = await createRun(
    scope,
    {
      experimentId,
      runId: job.runId,
      userId: job.actorName,
      runName: job.displayName ?? job.runId,
      status: job.status ?? 'SCHEDULED',
      tags: { 'mlflow.user': job.actorName, 'mlflow.source.type': 'JOB', ...parent, ...job.tags },
    },
    tx,
  )
  if (job.params === undefined) return run
  const params = JSON.stringify(job.params)
  return tx.updateTable('runs').set({ params }).where('run_key', '=', run.run_key).returningAll().executeTakeFirstOrThrow()
}

/** Moves the run of a job; a terminal status sets the end time. Unknown runs are left alone: a job may have none. */
export async function setJobRunStatus(
  tx: Executor,
  ctx: Context,
  change: { workspaceId: string; runId: string; status: RunStatus; startTimeMs?: number },
): Promise<void> {
  const ended = change.status === 'FINISHED' || change.status === 'FAILED' || change.status === 'KILLED'
  await tx
    .updateTable('runs')
    .set({
      status: change.status,
      ...(change.startTimeMs === undefined ? {} : { start_time_ms: change.startTimeMs }),
      ...(ended ? { end_time_ms: sql`coalesce(end_time_ms, ${ctx.clock.now().getTime()})` } : {}),
    })
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
  await setJobRunStatus(tx, ctx, end)
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
