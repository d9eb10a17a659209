import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { revokeBoundCredentials, type Actor } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { setJobStatus, setJobStatuses } from './job-status.ts'
import { findJob, findJobByResource, flagCancel, type JobRow } from './job-store.ts'
import { terminalStatuses } from './planner.ts'
import { endIdleSteps, requestStepCancel } from './step-store.ts'

/** Asks a job to end, or one child of a pipeline. Idempotent; a job that has ended stays as it is. */
export async function cancelJob(ctx: Context, actor: Actor, resourceId: string): Promise<void> {
  const resource = await ctx.resources.require(resourceId)
  if (terminalStatuses.includes(String(resource.status['status']))) return
  await ctx.db.transaction(async (tx) => {
    const job = await findJobByResource(tx, resourceId)
    const changed = job === undefined ? await cancelChild(tx, ctx, resourceId) : await cancelJobIn(tx, ctx, actor, job)
    if (!changed) return
    await appendEvent(tx, ctx, actor, {
      type: 'jobs.cancelRequested',
      subject: resource.id,
      action: `${resource.type}/cancel/action`,
    })
    await sql`select pg_notify('steps', '')`.execute(tx)
  })
}

/** Sets the flag, ends what has not started, and asks what runs to stop. @returns false when that was done before */
export async function cancelJobIn(tx: Executor, ctx: Context, _actor: Actor, job: JobRow): Promise<boolean> {
  if (!(await flagCancel(tx, job.id))) return false
  const open = await tx
    .selectFrom('steps')
    .select(['id', 'state'])
    .where('job_id', '=', job.id)
    .where('state', '!=', 'Done')
    .orderBy('id')
    .forUpdate()
    .execute()
  const idle = open.filter((step) => step.state === 'Waiting' || step.state === 'Ready').map((step) => step.id)
  const ended = await endIdleSteps(tx, idle, 'Canceled')
  await setJobStatuses(tx, ended, { status: 'Canceled' })
  await revokeBoundCredentials(tx, ctx.clock, ended)
  await requestStepCancel(
    tx,
    open.map((step) => step.id),
  )
  const running = open.length > idle.length
  if (running || job.kind === 'Pipeline') await setJobStatus(tx, ctx, job.resource_id, { status: 'CancelRequested' })
  return true
}

/** One step of a pipeline: it ends Canceled, and the pipeline treats that as a failure of the step. */
async function cancelChild(tx: Executor, ctx: Context, resourceId: string): Promise<boolean> {
  const step = await tx
    .selectFrom('steps')
    .select(['id', 'job_id', 'state'])
    .where('resource_id', '=', resourceId.toLowerCase())
    .where('state', '!=', 'Done')
    .executeTakeFirst()
  if (step === undefined) return false
  await findJob(tx, step.job_id, { forUpdate: true })
  await requestStepCancel(tx, [step.id])
  await setJobStatus(tx, ctx, resourceId, { status: 'CancelRequested' })
  return true
}
