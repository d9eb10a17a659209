import { readdirSync, readFileSync } from 'node:fs'

/** CPU time in ms: of this process, and of a PostgreSQL server with all its backends that live. It says what a loaded host hides. */
export interface CpuTime {
  readonly nodeMs: number
  readonly postgresMs: number
}

const tickMs = 10

export function cpuTime(postmasterPid: number | undefined): CpuTime {
  const { user, system } = process.cpuUsage()
  return { nodeMs: (user + system) / 1000, postgresMs: postmasterPid === undefined ? Number.NaN : treeMs(postmasterPid) }
}

export function since(earlier: CpuTime, now: CpuTime): CpuTime {
  return { nodeMs: now.nodeMs - earlier.nodeMs, postgresMs: now.postgresMs - earlier.postgresMs }
}

/** The server itself counts the backends that have ended. */
function treeMs(pid: number): number {
  let sum = ticksOf(pid, true)
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const fields = statOf(Number(entry))
    if (fields !== undefined && Number(fields[1]) === pid) sum += treeMs(Number(entry))
  }
  return sum
}

function ticksOf(pid: number, withEnded: boolean): number {
  const fields = statOf(pid) ?? []
  const own = Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  return (own + (withEnded ? Number(fields[13] ?? 0) + Number(fields[14] ?? 0) : 0)) * tickMs
}

function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
