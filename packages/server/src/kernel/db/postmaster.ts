import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DatabaseLog } from './log.ts'
import { isServerOf, signalProcess, waitUntil } from './process-identity.ts'
import { dieWithSupervisor, type RunAs } from './run-as.ts'

export interface ServerCommand {
  readonly postgres: string
  readonly cluster: string
  readonly runtimeDirectory: string
  readonly durable: boolean
  readonly runAs: RunAs
  /** Whether the kernel stops the server when this process dies (where `setpriv` exists). */
  readonly diesWithSupervisor: boolean
  readonly log: DatabaseLog
}

/** A server process from its start to its end. */
export interface Postmaster {
  readonly exited: Promise<{
    readonly code: number | null
    readonly signal: string | null
    readonly lastLines: readonly string[]
  }>
  hasExited(): boolean
}

/** Starts a server. Its messages go to the log; a failure to start shows in `exited`. */
export function startPostmaster(command: ServerCommand): Postmaster {
  const { runAs, log } = command
  const server = [command.postgres, '-D', command.cluster, ...settings(command)]
  const [first = '', ...rest] = command.diesWithSupervisor ? [...dieWithSupervisor, ...server] : server
  const [program, wrapped] = runAs.wrap(first, rest)
  const ids = runAs.switchesUser ? { uid: runAs.uid, gid: runAs.gid } : {}
  // Detached: Ctrl-C in a terminal reaches the supervisor alone, which stops the server after its clients.
  const child = spawn(program, [...wrapped], {
    ...ids,
    cwd: '/',
    detached: true,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lastLines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line)
    if (lastLines.length > 20) lastLines.shift()
    if (/ (FATAL|PANIC): /.test(line) && !line.includes('starting up')) log.warn({ postgres: line }, 'PostgreSQL')
  })
  let ended = false
  const exited = new Promise<Awaited<Postmaster['exited']>>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, lastLines: [error.message] }))
    child.once('close', (code, signal) => resolve({ code, signal, lastLines }))
  }).then((end) => {
    ended = true
    return end
  })
  return { exited, hasExited: () => ended }
}

/** Process id of the server that last wrote `postmaster.pid`. */
export async function postmasterPid(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

/** Stops whatever server runs over `cluster`: politely, then firmly. @returns whether there was one */
export async function stopServerOf(cluster: string): Promise<boolean> {
  const pid = await postmasterPid(cluster)
  if (pid === undefined || !(await isServerOf(pid, cluster))) return false
  const steps = [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const
  for (const [signal, timeoutMs] of steps) {
    signalProcess(pid, signal)
    if (await waitUntil(async () => !(await isServerOf(pid, cluster)), timeoutMs)) return true
  }
  return true
}

/** The least a server needs: nothing of the supervisor's environment, which may hold secrets and PG* variables. */
export const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

function settings({ runtimeDirectory, durable }: ServerCommand): readonly string[] {
  const values: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: `"${runtimeDirectory}"`,
    unix_socket_permissions: '0700',
    max_connections: '60',
    shared_buffers: '128MB',
    wal_compression: 'on',
    // Statements here are short and touch few rows of tables that are in memory: never worth compiling, and an index is near.
    jit: 'off',
    random_page_cost: '1.1',
    log_destination: 'stderr',
    logging_collector: 'off',
    timezone: 'UTC',
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
