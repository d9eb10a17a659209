import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { planNodes, scaleOf, type Allocation } from './plan-nodes.ts'

/** SQL of the nodes of clusters. Who decides what runs tells which steps hold nodes; here is which nodes those are. */

export interface NodeHolder {
  readonly stepId: number
  readonly runId: string
  readonly state: 'preparing' | 'running'
}

/**
 * Gives a step its nodes: idle ones first, else new ones.
 * @param heldSteps steps that hold nodes now: those of others are free
 * @returns how many are new
 */
export async function takeNodes(
  tx: Executor,
  computeId: string,
  take: { readonly stepId: number; readonly runId: string; readonly count: number; readonly heldSteps: readonly number[] },
): Promise<number> {
  const taken = await sql<{ number: number }>`
    with free as (select number from compute_nodes where compute_id = ${computeId}
        and (step_id is null or step_id <> all(${[...take.heldSteps]}::bigint[])) order by number limit ${take.count} for update)
    update compute_nodes n set state = 'preparing', step_id = ${take.stepId}, run_id = ${take.runId}, since = now()
    from free where n.compute_id = ${computeId} and n.number = free.number returning n.number`.execute(tx)
  const missing = take.count - taken.rows.length
  if (missing <= 0) return 0
  await sql`insert into compute_nodes (compute_id, number, state, step_id, run_id)
    select ${computeId}, number, 'preparing', ${take.stepId}, ${take.runId}
    from generate_series(0, (select count(*)::int + ${missing} from compute_nodes where compute_id = ${computeId})) number
    where not exists (select 1 from compute_nodes n where n.compute_id = ${computeId} and n.number = number.number)
    order by number limit ${missing}`.execute(tx)
  return missing
}

/** Brings the nodes of a cluster to what it should have now, and shows them with the cluster when that changes. */
export async function settleNodes(
  tx: Executor,
  ctx: Context,
  cluster: StoredResource,
  load: { readonly holders: readonly NodeHolder[]; readonly waiting: number; readonly hostSlots: number },
): Promise<void> {
  const computeId = cluster.id.toLowerCase()
  const { holders } = load
  await sql`update compute_nodes set state = 'idle', step_id = null, run_id = null, since = now()
    where compute_id = ${computeId} and step_id is not null and step_id <> all(${holders.map((holder) => holder.stepId)}::bigint[])`.execute(
    tx,
  )
  await sql`update compute_nodes n set state = held.state
    from unnest(${holders.map((holder) => holder.stepId)}::bigint[], ${holders.map((holder) => holder.state)}::text[]) held(step_id, state)
    where n.compute_id = ${computeId} and n.step_id = held.step_id and n.state <> held.state`.execute(tx)
  const rows = await sql<{ number: number; state: 'preparing' | 'running' | 'idle'; since: number; now: number }>`
    select number, state, (extract(epoch from since) * 1000)::float8 as since, (extract(epoch from now()) * 1000)::float8 as now
    from compute_nodes where compute_id = ${computeId}`.execute(tx)
  const plan = planNodes(scaleOf(cluster.properties, load.hostSlots), {
    nodes: rows.rows.map((row) => ({ number: row.number, state: row.state, sinceMs: row.since })),
    waiting: load.waiting,
    nowMs: rows.rows[0]?.now ?? 0,
  })
  if (plan.remove.length > 0)
    await tx.deleteFrom('compute_nodes').where('compute_id', '=', computeId).where('number', 'in', plan.remove).execute()
  if (plan.add.length > 0)
    await tx
      .insertInto('compute_nodes')
      .values(plan.add.map((number) => ({ compute_id: computeId, number, state: 'idle' as const, step_id: null, run_id: null })))
      .execute()
  await showAllocation(tx, ctx, cluster, plan.allocation)
}

async function showAllocation(tx: Executor, ctx: Context, cluster: StoredResource, allocation: Allocation): Promise<void> {
  const before = (cluster.status['allocation'] ?? {}) as Partial<Allocation> & { allocationStateTransitionTime?: string }
  const { allocationStateTransitionTime: at, ...shown } = before
  if (canonicalJson(shown) === canonicalJson({ ...allocation })) return
  const isSame = shown.allocationState === allocation.allocationState && at !== undefined
  const allocationStateTransitionTime = isSame ? at : ctx.clock.now().toISOString()
  await ctx.resources.updateStatus(tx, cluster.id, { allocation: { ...allocation, allocationStateTransitionTime } })
}

/** Azure's list of nodes. */
export async function nodesOf(db: Executor, computeId: string) {
  const rows = await db
    .selectFrom('compute_nodes')
    .selectAll()
    .where('compute_id', '=', computeId.toLowerCase())
    .orderBy('number')
    .execute()
  return rows.map((row) => ({
    nodeId: `${computeId.slice(computeId.lastIndexOf('/') + 1)}-${row.number}`,
    privateIpAddress: '127.0.0.1',
    port: 0,
    nodeState: row.state,
    ...(row.run_id === null ? {} : { runId: row.run_id }),
  }))
}
