import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { ensureJobRun } from '../tracking/index.ts'
import { nameOf } from './job-ids.ts'
import { setJobStatus } from './job-status.ts'
import type { JobRow } from './job-store.ts'
import type { StepRow } from './step-store.ts'

/** A step begins; the first of a job starts the job: its status and, for a pipeline, its MLflow run. */
export async function noteStart(tx: Executor, ctx: Context, job: JobRow, step: StepRow): Promise<void> {
  await setJobStatus(tx, ctx, step.resource_id, { status: 'Starting', startTime: ctx.clock.now().toISOString() })
  const first = await tx
    .updateTable('jobs')
    .set({ started_at: sql`now()` })
    .where('id', '=', job.id)
    .where('started_at', 'is', null)
    .executeTakeFirst()
  if (first.numUpdatedRows === 0n || job.kind !== 'Pipeline') return
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
