import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import { systemActor } from '../../../kernel/auth/index.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import { findResources, listResources } from '../../../kernel/resources/index.ts'
import { computeResourceType, settleNodes, type NodeHolder } from '../../compute/index.ts'
import type { EngineParts } from '../engine-types.ts'
import { finishJob } from '../finish-job.ts'
import { jobResourceType, nameOf } from '../job-ids.ts'
import { findJob } from '../job-store.ts'
import type { StepRow } from '../step-store.ts'
import { endStepIn } from '../transitions.ts'
import { capacityOf } from './capacity.ts'
import { claimLock } from './claim-steps.ts'
import { planQueue } from './plan-queue.ts'
import { computeIdOf, stateOf } from './pools.ts'
import { loadQueues } from './queue-store.ts'
import type { QueueSnapshot } from './types.ts'
import { reasonOf } from './wait-reason.ts'

/** The first steps of a queue are told what they wait for; those behind them wait for their turn. */
const headsTold = 50

/** What passing time changes in the queue, once a second: who waits for what, nodes of clusters, cancels of what never started. */
export async function watchQueue(parts: EngineParts): Promise<void> {
  const { ctx } = parts
  await endCancelled(parts)
  await ctx.db.transaction(async (tx) => {
    // Together with claims a step could be told that it waits while it starts. Another engine that holds the lock does the same.
    const lock = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${claimLock}) as held`.execute(tx)
    if (lock.rows[0]?.held !== true) return
    const snapshot = await loadQueues(tx, { heads: headsTold })
    await tellWaiting(tx, ctx, snapshot)
    await settleClusters(tx, ctx, snapshot)
  })
}

/** Steps show as Queued, with the reason, once they have waited for a second. */
async function tellWaiting(tx: Executor, ctx: Context, snapshot: QueueSnapshot): Promise<void> {
  const state = stateOf(snapshot, capacityOf(ctx))
  const plan = planQueue(state)
  const starting = new Map<number, number>()
  for (const id of plan.starts) starting.set(id, (starting.get(id) ?? 0) + 1)
  const told = snapshot.rows.flatMap((row) => {
    const wait = plan.waits.get(row.id)
    if (wait === undefined) return []
    const { message } = reasonOf(wait, row, { state, quotas: snapshot.quotas })
    return row.heads.slice(starting.get(row.id) ?? 0).map((head) => ({ stepId: head.id, message }))
  })
  if (told.length === 0) return
  const changed = await sql<{ id: string; previous: string; alone: boolean }>`
    with told as (select * from unnest(${told.map((entry) => entry.stepId)}::bigint[], ${told.map((entry) => entry.message)}::text[]) told(step_id, reason)),
    due as (select r.id, r.status->>'status' as previous, told.reason, j.resource_id = s.resource_id as alone
      from told join steps s on s.id = told.step_id join jobs j on j.id = s.job_id join resources r on r.id = s.resource_id
      where s.state = 'Ready' and s.not_before < now() - interval '1 second' and r.status->>'status' in ('NotStarted', 'Queued')
        and r.status->>'waitingReason' is distinct from told.reason
      order by r.id limit 500 for update of r)
    update resources r set status = r.status || jsonb_build_object('status', 'Queued', 'waitingReason', due.reason), etag = etag + 1
    from due where r.id = due.id returning r.id, due.previous, due.alone`.execute(tx)
  // Of steps of pipelines the pipeline's own events tell.
  const queued = changed.rows.filter((row) => row.alone && row.previous !== 'Queued').map((row) => row.id)
  for (const job of queued.length === 0 ? [] : await findResources(tx, queued))
    await appendEvent(tx, ctx, systemActor, {
      type: 'jobs.statusChanged',
      subject: job.id,
      action: `${jobResourceType}/write`,
      data: { status: 'Queued', previousStatus: 'NotStarted', jobType: job.properties['jobType'], jobName: job.name },
    })
}

async function settleClusters(tx: Executor, ctx: Context, snapshot: QueueSnapshot): Promise<void> {
  const clusters = await listResources(tx, {
    type: computeResourceType,
    limit: 1_000,
    matching: [{ path: ['computeType'], anyOf: ['AmlCompute'] }],
  })
  if (clusters.length === 0) return
  const held = await sql<{ computeId: string; stepId: number; resourceId: string; state: string }>`
    select q.workspace_id || '/computes/' || q.compute as "computeId", s.id as "stepId", s.resource_id as "resourceId", s.state
    from steps s join queues q on q.id = s.queue_id where s.lease_until is not null`.execute(tx)
  for (const cluster of clusters) {
    const id = cluster.id.toLowerCase()
    const waiting = snapshot.rows
      .filter((row) => computeIdOf(row) === id)
      .reduce((sum, row) => sum + row.heads.length * row.nodes, 0)
    const holders = held.rows
      .filter((row) => row.computeId === id)
      .map(({ stepId, resourceId, state }): NodeHolder => ({
        stepId,
        runId: nameOf(resourceId),
        state: state === 'Launching' ? 'preparing' : 'running',
      }))
    await settleNodes(tx, ctx, cluster, { holders, waiting, hostSlots: capacityOf(ctx).slots })
  }
}

/** A step that was cancelled while it waited need not have its turn to end. */
async function endCancelled(parts: EngineParts): Promise<void> {
  const { ctx } = parts
  const found = await sql<{ id: number }>`select id from steps where state = 'Ready' and cancel_requested_at is not null
    and queue_id is not null and spec->>'type' <> 'sweep' order by id limit 100`.execute(ctx.db.kysely)
  for (const { id } of found.rows) {
    const jobId = await ctx.db.transaction((tx) => endCancelledIn(tx, ctx, id))
    if (jobId !== undefined) await finishJob(parts, jobId)
  }
}

/** @returns its job, when it still waited */
async function endCancelledIn(tx: Executor, ctx: Context, stepId: number): Promise<number | undefined> {
  const locked = await sql<StepRow>`select * from steps where id = ${stepId} and state = 'Ready' for update skip locked`.execute(
    tx,
  )
  const step = locked.rows[0]
  const job = step === undefined ? undefined : await findJob(tx, step.job_id)
  if (step === undefined || job === undefined) return undefined
  const [resource, workspace] = [await ctx.resources.find(step.resource_id, tx), await ctx.resources.find(job.workspace_id, tx)]
  const ending = {
    step,
    token: `waiting ${step.id}`,
    resourceId: step.resource_id,
    workspaceId: workspace?.id ?? job.workspace_id,
    jobName: resource?.name ?? nameOf(step.resource_id),
    submitter: job.submitter,
  }
  const error = { code: 'Canceled', message: 'The job was cancelled before it started.' }
  await endStepIn(tx, ctx, ending, { from: ['Ready'], outcome: 'Canceled', error })
  return job.id
}
