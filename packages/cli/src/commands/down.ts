import { setTimeout as delay } from 'node:timers/promises'
import { OutcomeError } from '../cli-errors.ts'
import { readLocalConnection } from '../connection.ts'

const stopDeadlineMs = 30_000

/** Asks the supervisor of this data directory to stop everything, and waits until it is gone. */
export async function down(): Promise<void> {
  const pid = (await readLocalConnection())?.supervisorPid
  if (pid === undefined || !isAlive(pid)) {
    process.stdout.write('Nothing runs.\n')
    return
  }
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + stopDeadlineMs
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new OutcomeError(`Process ${pid} has not stopped within ${stopDeadlineMs / 1000} s.`)
    await delay(100)
  }
  process.stdout.write('Stopped.\n')
}

/** True when a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
