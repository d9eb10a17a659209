import { readdirSync, readFileSync } from 'node:fs'

/** Finding processes of a platform under test in /proc; what ends meanwhile is left out. */
export interface Victim {
  readonly pid: number
  readonly name: string
}

/** The supervisor's children by role, and PostgreSQL's own process. */
export function rolesOf(supervisorPid: number): Victim[] {
  return processes().flatMap(({ pid, parent, line }) => {
    const name = /--role (\w+)/.exec(line)?.[1] ?? (/bin\/postgres -D/.test(line) ? 'postgres' : undefined)
    return parent === supervisorPid && name !== undefined ? [{ pid, name }] : []
  })
}

/** Wrappers of attempts, and what they started, of the platform whose data is in `home`. */
export function attemptsOf(home: string, marker: string): { runners: Victim[]; programs: Victim[] } {
  const all = processes()
  const runners = all
    .filter(({ line }) => line.includes('fulcrum_runtime.runner') && line.includes(home))
    .map(({ pid }) => ({ pid, name: 'runner' }))
  const known = new Set(runners.map(({ pid }) => pid))
  const programs = all
    .filter(({ pid }) => !known.has(pid) && environmentOf(pid).includes(marker))
    .map(({ pid }) => ({ pid, name: 'program' }))
  return { runners, programs }
}

function processes(): { pid: number; parent: number; line: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1])
        return [{ pid: Number(entry), parent, line: readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
      } catch {
        return []
      }
    })
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

/** @returns whether there was something to kill */
export function killNow({ pid }: Victim): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
