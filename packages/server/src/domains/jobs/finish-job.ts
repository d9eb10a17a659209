import { sql } from 'kysely'
import { systemActor } from '../../kernel/auth/index.ts'
import { endJobRun } from '../tracking/index.ts'
import { cancelJobIn } from './cancel.ts'
import type { EngineParts } from './engine-types.ts'
import { setJobStatus } from './job-status.ts'
import { countSteps, findJob, findOverdueJobs, findUnfinishedJobs, hasOpenSteps, releaseFinalizers } from './job-store.ts'
import { nameOf } from './job-ids.ts'
import { planJobEnd } from './planner.ts'
import type { StepOutputs } from './types.ts'

/**
 * Ends a job when no step of it is open. Called after the commit of the last step: inside it, two last steps would each see the other
 * still open. Compare-and-set, so any number of callers may try.
 */
export async function finishJob({ ctx }: EngineParts, jobId: number): Promise<boolean> {
  if (await hasOpenSteps(ctx.db.kysely, jobId)) return false
  return ctx.db.transaction(async (tx) => {
    const job = await findJob(tx, jobId, { forUpdate: true })
    if (job === undefined || job.ended_at !== null) return false
    if (await releaseFinalizers(tx, job)) return false
    const end = planJobEnd({ ...(await countSteps(tx, jobId)), cancelRequested: job.cancel_requested_at !== null })
    if (end === undefined) return false
    await tx
      .updateTable('jobs')
      .set({ ended_at: sql`now()` })
      .where('id', '=', jobId)
      .execute()
    if (job.kind !== 'Pipeline') {
      // A command job cancelled before it started has no step end that says so.
      if (end === 'Canceled')
        await setJobStatus(tx, ctx, job.resource_id, { status: 'Canceled', endTime: ctx.clock.now().toISOString() })
      return true
    }
    const failed = await firstFailure(tx, jobId)
    const error =
      end === 'Failed' && failed !== undefined
        ? { ...failed.error, message: `Step '${failed.name}': ${failed.error.message}` }
        : undefined
    await setJobStatus(tx, ctx, job.resource_id, {
      status: end,
      endTime: ctx.clock.now().toISOString(),
      outputs: await pipelineOutputs(tx, jobId),
      ...(error === undefined ? {} : { error, properties: { error: JSON.stringify(error) } }),
    })
    if (job.started_at !== null) {
      const status = end === 'Completed' ? 'FINISHED' : end === 'Failed' ? 'FAILED' : 'KILLED'
      const resource = await ctx.resources.find(job.resource_id, tx)
      await endJobRun(tx, ctx, { workspaceId: job.workspace_id, runId: resource?.name ?? nameOf(job.resource_id), status })
    }
    return true
  })
}

type Executor = Parameters<typeof countSteps>[0]

async function firstFailure(db: Executor, jobId: number) {
  const row = await db
    .selectFrom('steps')
    .select(['name', 'error'])
    .where('job_id', '=', jobId)
    .where('error', 'is not', null)
    // Steps that were cancelled because another failed have an error, too.
    .orderBy(sql`outcome = 'Failed'`, 'desc')
    .orderBy('id')
    .executeTakeFirst()
  return row?.error ? { name: row.name, error: row.error } : undefined
}

async function pipelineOutputs(db: Executor, jobId: number): Promise<StepOutputs> {
  const rows = await db
    .selectFrom('steps')
    .select(['spec', 'outputs'])
    .where('job_id', '=', jobId)
    .where('outcome', 'in', ['Completed', 'Reused'])
    .execute()
  const outputs: Record<string, StepOutputs[string]> = {}
  for (const row of rows) {
    for (const [name, output] of Object.entries(row.spec.outputs)) {
      const published = row.outputs[name]
      if (output.pipelineOutput !== undefined && published !== undefined) outputs[output.pipelineOutput] = published
    }
  }
  return outputs
}

/** What a crash or the passing of time leaves to do: jobs whose last step has ended, jobs over their limit. */
export async function sweepJobs(parts: EngineParts): Promise<void> {
  const { ctx } = parts
  for (const id of await findUnfinishedJobs(ctx.db.kysely)) await finishJob(parts, id)
  for (const id of await findOverdueJobs(ctx.db.kysely)) {
    await ctx.db.transaction(async (tx) => {
      const job = await findJob(tx, id, { forUpdate: true })
      if (job !== undefined) await cancelJobIn(tx, ctx, systemActor, job)
    })
  }
}
