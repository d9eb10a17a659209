import { spawn, type ChildProcess } from 'node:child_process'
import type { Logger } from 'pino'

export interface RoleProcess {
  readonly role: string
  pid(): number | undefined
  stop(): Promise<void>
}

const stopGraceMs = 10_000

/** Options of a role's process. The API moves bytes: a small young generation frees the pieces it has passed on at once. */
export function flagsOfRole(role: string): string[] {
  return role === 'api' ? ['--max-semi-space-size=2'] : []
}

/** Few heaps of the C library: threads that move bytes would each keep one at its largest. */
export const environmentOfRoles = { MALLOC_ARENA_MAX: '2' }

/** Keeps one role running: a process that ends unasked is started again, at once the first time, then with back-off up to 5 s. */
export function superviseRole(role: string, options: { env: NodeJS.ProcessEnv; log: Logger }): RoleProcess {
  const entry = process.argv[1] ?? ''
  let child: ChildProcess | undefined
  let stopping = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  const start = (): void => {
    const startedAt = Date.now()
    child = spawn(process.execPath, [...process.execArgv, ...flagsOfRole(role), entry, '--role', role], {
      env: { ...environmentOfRoles, ...options.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    child.once('exit', (code, signal) => {
      if (stopping) return
      failures = Date.now() - startedAt > 30_000 ? 0 : failures + 1
      const delayMs = failures <= 1 ? 0 : Math.min(5_000, 200 * 2 ** failures)
      options.log.warn({ role, code, signal, delayMs }, 'A role ended and is started again')
      timer = setTimeout(start, delayMs)
    })
  }
  start()
  return {
    role,
    pid: () => child?.pid,
    async stop() {
      stopping = true
      clearTimeout(timer)
      const running = child
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
      await new Promise<void>((resolve) => {
        const kill = setTimeout(() => running.kill('SIGKILL'), stopGraceMs)
        running.once('exit', () => {
          clearTimeout(kill)
          resolve()
        })
        running.kill('SIGTERM')
      })
    },
  }
}
