import { nameOf, type JobQueue, type WaitingEntry } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import { listResources, type StoredResource } from '../../../kernel/resources/index.ts'
import { slotsOf } from '../../compute/index.ts'
import { capacityOf } from './capacity.ts'
import { orderOfTurns, planQueue, slotPool, type QueueState } from './plan-queue.ts'
import { computeIdOf, nodePool, quotaPool, stateOf } from './pools.ts'
import { listQuotas, loadQueues } from './queue-store.ts'
import { countWaiting, entryOf, readQueued, retryReason, runningEntryOf } from './queued-steps.ts'
import type { Capacity, QueueRow, QueueSnapshot, Quota } from './types.ts'
import { reasonOf, type WaitReason } from './wait-reason.ts'

const computeResourceType = 'Microsoft.MachineLearningServices/workspaces/computes'
/** Turns looked at for positions: enough for what fits on a page, whatever waits in other workspaces. */
const mostTurns = 20_000
const mebibyte = 1024 * 1024

/** What runs and what waits in a workspace, in the order in which it would start, and for what. */
export async function listQueue(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const query = request.query as { compute?: string; top?: number }
  const wanted = { workspaceId: request.scope, top: query.top ?? 200, compute: query.compute }
  // One view of it all: steps that start between two statements would be missing from both lists.
  const work = (tx: Executor) => readQueue(tx, capacityOf(ctx), wanted)
  return ok(await ctx.db.transaction(work, { isolationLevel: 'repeatable read' }))
}

async function readQueue(
  db: Executor,
  capacity: Capacity,
  wanted: { readonly workspaceId: string; readonly compute: string | undefined; readonly top: number },
): Promise<JobQueue> {
  const workspaceId = wanted.workspaceId.toLowerCase()
  const compute = wanted.compute === undefined ? undefined : nameOf(wanted.compute.replace(/^azureml:/, '')).toLowerCase()
  const loaded = await loadQueues(db, { heads: wanted.top })
  const snapshot = { ...loaded, quotas: await listQuotas(db) }
  const state = stateOf(snapshot, capacity)
  const isWanted = (row: Pick<QueueRow, 'workspaceId' | 'compute'>): boolean =>
    row.workspaceId === workspaceId && (compute === undefined || row.compute === compute)
  const reasons = reasonsOf(snapshot, state)
  const turns = turnsOf(snapshot, state, isWanted).slice(0, wanted.top)
  const waiting = (await countWaiting(db, workspaceId)).filter((row) => compute === undefined || row.compute === compute)
  const steps = await readQueued(db, { workspaceId, compute, waitingIds: turns.map((turn) => turn.stepId), retrying: wanted.top })
  const byId = new Map(steps.map((step) => [step.id, step]))
  const running = steps.filter((step) => step.running)
  const inTurn = turns.flatMap((turn): Omit<WaitingEntry, 'position'>[] => {
    const step = byId.get(turn.stepId)
    const reason = reasons.get(turn.stepId) ?? reasonOf(undefined, turn.row, { state, quotas: snapshot.quotas })
    return step === undefined || step.running ? [] : [{ ...entryOf(step), reason }]
  })
  const retrying = steps
    .filter((step) => step.retrying && !step.running)
    .map((step) => ({ ...entryOf(step), reason: retryReason(step) }))
  const lines = [...inTurn, ...retrying].slice(0, wanted.top).map((entry, index) => ({ ...entry, position: index + 1 }))
  return {
    host: hostUsage(state),
    quotas: quotasOf(state, snapshot.quotas, workspaceId),
    computes: await computesOf(db, { workspaceId, compute, capacity, snapshot, state, waiting, lines }),
    counts: { running: running.length, waiting: waiting.reduce((sum, row) => sum + row.count, 0) },
    running: running.map(runningEntryOf),
    waiting: lines,
  }
}

function turnsOf(
  snapshot: QueueSnapshot,
  state: QueueState,
  isWanted: (row: QueueRow) => boolean,
): { stepId: number; row: QueueRow }[] {
  const places = new Map(snapshot.rows.map((row) => [row.id, { row, next: 0 }]))
  return orderOfTurns(state, mostTurns).flatMap((queueId) => {
    const place = places.get(queueId)
    const head = place?.row.heads[place.next]
    if (place === undefined || head === undefined) return []
    place.next += 1
    return isWanted(place.row) ? [{ stepId: head.id, row: place.row }] : []
  })
}

/** Of each first step of a queue why it does not run; steps that start next have none. */
function reasonsOf(snapshot: QueueSnapshot, state: QueueState): Map<number, WaitReason> {
  const plan = planQueue(state)
  const starting = new Map<number, number>()
  for (const id of plan.starts) starting.set(id, (starting.get(id) ?? 0) + 1)
  return new Map(
    snapshot.rows.flatMap((row) => {
      const reason = reasonOf(plan.waits.get(row.id), row, { state, quotas: snapshot.quotas })
      return row.heads.slice(starting.get(row.id) ?? 0).map((head): [number, WaitReason] => [head.id, reason])
    }),
  )
}

function hostUsage({ pools }: QueueState): JobQueue['host'] {
  const usageOf = (id: string, per = 1) => {
    const pool = pools.find((candidate) => candidate.id === id)
    return { used: Math.round(((pool?.used ?? 0) / per) * 100) / 100, limit: Math.floor((pool?.limit ?? 0) / per) }
  }
  return {
    slots: usageOf(slotPool),
    cores: usageOf('host/cores'),
    memoryMegabytes: usageOf('host/memory', mebibyte),
    gpus: usageOf('host/gpus'),
  }
}

function quotasOf({ pools }: QueueState, quotas: readonly Quota[], scope: string) {
  return quotas
    .filter((quota) => quota.scope === scope)
    .map((quota) => ({
      name: quota.name,
      used: pools.find((pool) => pool.id === quotaPool(quota))?.used ?? 0,
      limit: quota.quota,
    }))
}

interface KnownComputes {
  readonly workspaceId: string
  readonly compute: string | undefined
  readonly capacity: Capacity
  readonly snapshot: QueueSnapshot
  readonly state: QueueState
  readonly waiting: readonly { compute: string; count: number }[]
  readonly lines: readonly WaitingEntry[]
}

async function computesOf(db: Executor, known: KnownComputes): Promise<JobQueue['computes']> {
  const { workspaceId, compute, snapshot } = known
  const resources = await listResources(db, { type: computeResourceType, parentId: workspaceId, limit: 1_000 })
  const byName = new Map(resources.map((resource) => [resource.name.toLowerCase(), resource]))
  const used = [
    ...known.waiting.map((row) => row.compute),
    ...snapshot.rows.filter((row) => row.workspaceId === workspaceId).map((row) => row.compute),
  ]
  const names = [...new Set(['local', ...byName.keys(), ...used])].filter((name) => compute === undefined || name === compute)
  return names.toSorted().map((name) => computeEntry(name, byName.get(name), known))
}

type ComputeEntry = JobQueue['computes'][number]

function computeEntry(name: string, resource: StoredResource | undefined, known: KnownComputes): ComputeEntry {
  const { workspaceId, snapshot, state } = known
  const key = { workspaceId, compute: name }
  const pool = state.pools.find((candidate) => candidate.id === nodePool(key))
  const rows = snapshot.rows.filter((row) => row.workspaceId === workspaceId && row.compute === name)
  const running = rows.reduce((sum, row) => sum + row.held, 0)
  const reason = known.lines.find((entry) => entry.computeName.toLowerCase() === name)?.reason
  const computeType = String(resource?.properties['computeType'] ?? 'Local')
  const powerState = resource?.status['state']
  return {
    name: resource?.name ?? name,
    computeType,
    ...(typeof powerState === 'string' ? { state: powerState } : {}),
    slots: { used: pool?.used ?? running, limit: slotLimit(resource, known.capacity) },
    running,
    waiting: known.waiting.find((row) => row.compute === name)?.count ?? 0,
    ...(reason === undefined ? {} : { reason }),
    quotas: quotasOf(state, snapshot.quotas, computeIdOf(key)),
  }
}

function slotLimit(resource: StoredResource | undefined, capacity: Capacity): number | null {
  const limit = slotsOf(resource?.properties ?? {})
  return limit ?? (resource?.properties['computeType'] === 'ComputeInstance' ? capacity.cores : null)
}
