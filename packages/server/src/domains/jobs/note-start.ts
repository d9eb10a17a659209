import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { ensureJobRun } from '../tracking/index.ts'
import { nameOf } from './job-ids.ts'
import { setJobStatus, tellJobStatuses } from './job-status.ts'
import type { JobRow } from './job-store.ts'
import { recordEvent, type StepRow } from './step-store.ts'

export interface StartedStep {
  readonly job: JobRow
  /** `newNodes`: by how many nodes its cluster has grown for it. */
  readonly step: StepRow & { readonly newNodes?: number }
}

/** Steps begin; the first of a job starts the job: its status and, for a pipeline, its MLflow run. */
export async function noteStarts(tx: Executor, ctx: Context, started: readonly StartedStep[]): Promise<void> {
  const startTime = ctx.clock.now().toISOString()
  await tellJobStatuses(
    tx,
    ctx,
    started.map(({ step }) => ({
      resourceId: step.resource_id,
      // A cluster that grows: Azure's start-up phase. Here a node is a share of this host and there at once.
      patch: { status: grows(step) ? 'Provisioning' : 'Starting', startTime, waitingReason: null },
    })),
  )
  for (const { job, step } of started.filter((entry) => grows(entry.step)))
    await recordEvent(tx, { jobId: job.id, stepId: step.id, attempt: step.attempt, to: 'Provisioning' })
  const ids = [...new Set(started.flatMap(({ job }) => (job.started_at === null ? [job.id] : [])))]
  if (ids.length === 0) return
  const first = await sql<{ id: number }>`
    with fresh as (select id from jobs where id = any(${ids}::bigint[]) and started_at is null order by id for update)
    update jobs j set started_at = now() from fresh where j.id = fresh.id returning j.id`.execute(tx)
  for (const { id } of first.rows) {
    const { job, step } = started.find((entry) => entry.job.id === id) ?? {}
    if (job !== undefined && step !== undefined && job.kind === 'Pipeline') await startPipeline(tx, ctx, { job, step })
  }
}

function grows(step: StartedStep['step']): boolean {
  return (step.newNodes ?? 0) > 0
}

async function startPipeline(tx: Executor, ctx: Context, { job, step }: StartedStep): Promise<void> {
  await setJobStatus(tx, ctx, job.resource_id, { status: 'Running', startTime: ctx.clock.now().toISOString() })
  const resource = await ctx.resources.find(job.resource_id, tx)
  await ensureJobRun(tx, ctx, {
    workspaceId: job.workspace_id,
    runId: resource?.name ?? nameOf(job.resource_id),
    experimentName: step.spec.experimentName,
    actorName: job.submitter.name,
    displayName: String(resource?.properties['displayName'] ?? ''),
    status: 'RUNNING',
  })
}
