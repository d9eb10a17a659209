import type { JobQueue, RunningEntry, WaitingEntry } from '@fulcrum/contract'
import { formatBytes } from '../../ui/format.ts'

const mebibyte = 1024 * 1024

/** One bar of the page. */
export interface QueueBar {
  readonly id: string
  readonly label: string
  readonly used: number
  readonly limit: number | null
  format(amount: number): string
}

const plain = (amount: number): string => String(Number(amount.toFixed(2)))
const memory = (megabytes: number): string => formatBytes(megabytes * mebibyte)

/** What the host can give, all workspaces together. A host without GPUs has no bar for them. */
export function hostBars({ host }: JobQueue): readonly QueueBar[] {
  return [
    { id: 'slots', label: 'Job slots', ...host.slots, format: plain },
    { id: 'cores', label: 'Cores reserved', ...host.cores, format: plain },
    { id: 'memory', label: 'Memory reserved', ...host.memoryMegabytes, format: memory },
    ...(host.gpus.limit === 0 ? [] : [{ id: 'gpus', label: 'GPUs', ...host.gpus, format: plain }]),
  ]
}

const quotaLabels: Readonly<Record<string, string>> = {
  concurrentJobs: 'Jobs at once',
  cores: 'Cores',
  memoryMegabytes: 'Memory',
  gpus: 'GPUs',
}

/** Quotas of the workspace or of a compute. */
export function quotaBars(quotas: JobQueue['quotas']): readonly QueueBar[] {
  return quotas.map(({ name, used, limit }) => ({
    id: name,
    label: `Quota: ${(quotaLabels[name] ?? name).toLowerCase()}`,
    used,
    limit,
    format: name === 'memoryMegabytes' ? memory : plain,
  }))
}

/** "2 nodes × 4 cores, 8 GiB, 1 GPU"; what takes only what is left says so. */
export function printRequest({ nodes, cores, memoryMegabytes, gpus }: RunningEntry['request']): string {
  const parts = [
    cores > 0 && `${plain(cores)} ${cores === 1 ? 'core' : 'cores'}`,
    memoryMegabytes > 0 && memory(memoryMegabytes),
    gpus > 0 && `${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`,
  ].filter((part) => typeof part === 'string')
  const each = parts.join(', ')
  if (nodes <= 1) return each || 'a slot'
  return each ? `${nodes} nodes × ${each}` : `${nodes} slots`
}

const priorities: Readonly<Record<number, string>> = { 1: 'low', 2: 'medium', 3: 'high' }

export const printPriority = (priority: number): string => priorities[priority] ?? String(priority)

/** What to call an entry: steps are named with the job they belong to. */
export function titleOf({ displayName, parentJobName, stepName }: RunningEntry | WaitingEntry): {
  readonly name: string
  readonly of: string | undefined
} {
  return { name: parentJobName === undefined ? displayName : stepName, of: parentJobName }
}

/** The waits of many jobs in few lines: each reason once, with how many wait for it, the most frequent first. */
export function reasonsOf(waiting: readonly WaitingEntry[]): readonly { readonly message: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  for (const { reason } of waiting) counts.set(reason.message, (counts.get(reason.message) ?? 0) + 1)
  return [...counts].map(([message, count]) => ({ message, count })).toSorted((a, b) => b.count - a.count)
}
