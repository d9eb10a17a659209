import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode, DataDirectoryInUseError } from './database-errors.ts'
import { isSameProcess, processStartTime } from './process-identity.ts'

/** The right to run a server over a data directory; ends with `release` or with the process. */
export interface OwnerLock {
  release(): Promise<void>
}

/** Exit status that `flock` gives when somebody else holds the lock. */
export const flockConflict = 75

/**
 * Takes the lock file `path` for this process. With `flock` the kernel gives it back when the process dies in any way; without it a record
 * of pid and start time is used, so that a pid used again by another process is not taken for the owner.
 * @throws DataDirectoryInUseError a live process holds it
 */
export async function acquireOwnerLock(path: string, dataDirectory: string): Promise<OwnerLock> {
  const held = await takeLock(path)
  if (held === 'conflict') {
    const owner = await readFile(`${path}.owner`, 'utf8').catch(() => '')
    const pid = /^\d+/.exec(owner)?.[0]
    throw new DataDirectoryInUseError(
      `The database in ${dataDirectory} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}. ` +
        'Stop that one first, or give this one a data directory of its own.',
    )
  }
  await writeFile(`${path}.owner`, await ownRecord(), { mode: 0o600 })
  return {
    async release() {
      await rm(`${path}.owner`, { force: true })
      await held.release()
    },
  }
}

const leftoverWindowMs = 5_000

/** The child that holds the lock of a killed owner needs a moment to notice: a conflict with a dead owner is waited out. */
async function takeLock(path: string): Promise<OwnerLock | 'conflict'> {
  const deadline = Date.now() + leftoverWindowMs
  for (;;) {
    const held = (await flockHolder(path)) ?? (await recordHolder(`${path}.owner`))
    if (held !== 'conflict') return held
    const [pid, startTime] = (await readFile(`${path}.owner`, 'utf8').catch(() => '')).split(' ')
    if (pid === undefined || pid === '' || Date.now() > deadline || (await isSameProcess(Number(pid), startTime ?? '')))
      return held
    await delay(50)
  }
}

/** A small child holds the lock until its standard input closes, which the kernel does when this process ends. */
async function flockHolder(path: string): Promise<OwnerLock | 'conflict' | undefined> {
  const script = 'echo held; exec cat'
  const holder = spawn('flock', ['-n', '-F', '-E', String(flockConflict), path, 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A session of its own: Ctrl-C in the terminal must not take the lock away before the server has stopped.
    detached: true,
  })
  const exited = new Promise<number | undefined>((resolve) => {
    holder.once('exit', (code) => resolve(code ?? undefined))
    holder.once('error', () => resolve(undefined))
  })
  holder.stdin.on('error', () => undefined)
  const outcome = await Promise.race([once(holder.stdout, 'data').then(() => 'held' as const), exited])
  if (outcome === flockConflict) return 'conflict'
  if (outcome !== 'held') return undefined
  return {
    async release() {
      holder.stdin.end()
      await exited
    },
  }
}

async function recordHolder(path: string): Promise<OwnerLock | 'conflict'> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, await ownRecord(), { flag: 'wx', mode: 0o600 })
      return { release: () => rm(path, { force: true }) }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
    const [pid, startTime] = (await readFile(path, 'utf8').catch(() => '')).split(' ')
    if (pid !== undefined && (await isSameProcess(Number(pid), startTime ?? ''))) return 'conflict'
    await rm(path, { force: true })
  }
  return 'conflict'
}

async function ownRecord(): Promise<string> {
  return `${process.pid} ${(await processStartTime(process.pid)) ?? ''}`
}
