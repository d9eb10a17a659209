import { slotPool, type Draw, type Pool, type QueueState } from './plan-queue.ts'
import type { Capacity, QueueRow, QueueSnapshot, Quota, QuotaName } from './types.ts'

/** The pools of this host, of computes and of quotas, and what a step of a queue draws from them. Pure. */

const mebibyte = 1024 * 1024

export function stateOf(snapshot: QueueSnapshot, capacity: Capacity): QueueState {
  const { rows, quotas } = snapshot
  const used = new Map<string, number>([[slotPool, snapshot.unqueued]])
  const holding = rows.flatMap((row) => {
    const draws = drawsOf(row, quotas)
    for (const { pool, amount } of draws) used.set(pool, (used.get(pool) ?? 0) + amount * row.held)
    return Array.from({ length: row.held }, () => ({ ...ownerOf(row), draws }))
  })
  return {
    pools: poolsOf(snapshot, capacity).map((pool) => ({ ...pool, used: used.get(pool.id) ?? 0 })),
    holding,
    waiting: rows.map((row) => ({
      ...ownerOf(row),
      id: row.id,
      priority: row.priority,
      ready: row.heads.length,
      waitingSinceMs: row.waitingSinceMs,
      draws: drawsOf(row, quotas),
      stopped: isStopped(row),
    })),
    nowMs: snapshot.nowMs,
  }
}

export function isStopped(row: Pick<QueueRow, 'computeType' | 'computeState'>): boolean {
  return row.computeType === 'ComputeInstance' && row.computeState === 'Stopped'
}

export function computeIdOf(row: Pick<QueueRow, 'workspaceId' | 'compute'>): string {
  return `${row.workspaceId}/computes/${row.compute}`
}

function ownerOf(row: QueueRow): { submitter: string; experiment: string } {
  return { submitter: row.submitter, experiment: JSON.stringify([row.workspaceId, row.experiment, row.submitter]) }
}

function poolsOf({ rows, quotas }: QueueSnapshot, capacity: Capacity): Omit<Pool, 'used'>[] {
  const computes = new Map(rows.flatMap((row) => computePool(row, capacity)).map((pool) => [pool.id, pool]))
  return [
    { id: slotPool, limit: capacity.slots, shared: true },
    { id: 'host/cores', limit: capacity.cores, shared: true },
    { id: 'host/memory', limit: capacity.memoryBytes, shared: true },
    { id: 'host/gpus', limit: capacity.gpus.length, shared: true },
    ...computes.values(),
    ...quotas.map((quota) => ({ id: quotaPool(quota), limit: quota.quota, shared: false })),
  ]
}

/** Nodes of a cluster; of a compute instance one job per core, as in Azure. */
function computePool(row: QueueRow, capacity: Capacity): Omit<Pool, 'used'>[] {
  const limit = row.maxNodes ?? (row.computeType === 'ComputeInstance' ? capacity.cores : undefined)
  return limit === undefined ? [] : [{ id: nodePool(row), limit, shared: false }]
}

export function nodePool(row: Pick<QueueRow, 'workspaceId' | 'compute'>): string {
  return `nodes:${computeIdOf(row)}`
}

export function quotaPool({ scope, name }: Pick<Quota, 'scope' | 'name'>): string {
  return `quota:${name}:${scope}`
}

/** Quotas first: whoever is over one is told so rather than that the host is busy. */
export function drawsOf(row: QueueRow, quotas: readonly Quota[]): Draw[] {
  const scopes = [row.workspaceId, computeIdOf(row)]
  const own = quotas.filter((quota) => scopes.includes(quota.scope))
  return [
    ...own.map((quota) => ({ pool: quotaPool(quota), amount: amountOf(row, quota.name) })),
    { pool: nodePool(row), amount: row.computeType === 'ComputeInstance' ? 1 : row.nodes },
    { pool: 'host/gpus', amount: row.gpus * row.nodes },
    { pool: 'host/memory', amount: row.memoryBytes * row.nodes },
    { pool: 'host/cores', amount: row.cores * row.nodes },
    { pool: slotPool, amount: 1 },
  ]
}

/** A node without a request counts as one core: a quota of cores that such jobs pass by would be none. */
function amountOf(row: QueueRow, name: QuotaName): number {
  switch (name) {
    case 'concurrentJobs':
      return 1
    case 'cores':
      return Math.max(1, row.cores) * row.nodes
    case 'memoryMegabytes':
      return Math.ceil(row.memoryBytes / mebibyte) * row.nodes
    case 'gpus':
      return row.gpus * row.nodes
  }
}
