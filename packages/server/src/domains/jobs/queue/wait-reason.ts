import type { WaitReasonCode } from '@fulcrum/contract'
import { nodePool, quotaPool } from './pools.ts'
import type { QueueState, Wait } from './plan-queue.ts'
import { inMebibytes } from './resource-request.ts'
import type { QueueRow, Quota } from './types.ts'

export interface WaitReason {
  readonly code: WaitReasonCode
  readonly message: string
}

/** A wait in words: what is asked for, how much of it is free, and of what. Pure. */
export function reasonOf(
  wait: Wait | undefined,
  row: QueueRow,
  known: { readonly state: QueueState; readonly quotas: readonly Quota[] },
): WaitReason {
  if (wait === undefined) return { code: 'Turn', message: 'It starts next.' }
  if (wait.kind === 'stopped')
    return { code: 'ComputeStopped', message: `Compute instance '${row.compute}' is stopped; it runs again once it is started.` }
  const pool = known.state.pools.find((candidate) => candidate.id === wait.pool)
  const draws = known.state.waiting.find((queue) => queue.id === row.id)?.draws
  const amount = draws?.find((draw) => draw.pool === wait.pool)?.amount ?? 0
  const { code, unit, place } = describe(wait.pool, row, known.quotas)
  const limit = pool?.limit ?? 0
  const asks = `It asks for ${unit(amount)}; ${place}`
  if (wait.kind === 'never') return { code: code === 'Quota' ? code : 'NotEnough', message: `${asks} has only ${unit(limit)}.` }
  const free = `${asks} has ${unit(Math.max(0, limit - (pool?.used ?? 0)))} free of ${unit(limit)}`
  return { code, message: wait.reserved ? `${free}, kept for a job that has waited longer.` : `${free}.` }
}

type Unit = (amount: number) => string

function describe(pool: string, row: QueueRow, quotas: readonly Quota[]): { code: WaitReasonCode; unit: Unit; place: string } {
  const quota = quotas.find((candidate) => quotaPool(candidate) === pool)
  if (quota !== undefined) {
    const kind = quota.scope.includes('/computes/') ? 'compute' : 'workspace'
    return { code: 'Quota', unit: quotaUnits[quota.name], place: `the quota of ${kind} '${quota.scope.split('/').at(-1)}'` }
  }
  if (pool === nodePool(row)) {
    const isInstance = row.computeType === 'ComputeInstance'
    return { code: 'Nodes', unit: counted(isInstance ? 'core' : 'node'), place: `compute '${row.compute}'` }
  }
  const place = 'this host'
  if (pool === 'host/gpus') return { code: 'Gpus', unit: counted('GPU'), place }
  if (pool === 'host/memory') return { code: 'Memory', unit: (bytes) => `${inMebibytes(bytes)} of memory`, place }
  if (pool === 'host/cores') return { code: 'Cores', unit: counted('core'), place }
  return { code: 'Slots', unit: counted('job slot'), place }
}

const quotaUnits: Readonly<Record<Quota['name'], Unit>> = {
  concurrentJobs: counted('concurrent job'),
  cores: counted('core'),
  memoryMegabytes: (amount) => `${amount} MiB of memory`,
  gpus: counted('GPU'),
}

function counted(one: string): Unit {
  return (amount) => `${amount} ${amount === 1 ? one : `${one}s`}`
}
