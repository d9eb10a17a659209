import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCodeOf } from '../safe/durable.ts'

/** Differs between two processes that had the same process id one after the other. */
const processMark = randomBytes(6).toString('hex')

/**
 * The folder for this process's unfinished objects. It lies in the store's own file system, because only there is a rename atomic.
 * Folders of processes that no longer live are removed; those of living neighbours are left alone.
 */
export async function prepareIncoming(storeDirectory: string): Promise<string> {
  const parent = join(storeDirectory, 'incoming')
  const own = `${process.pid}-${processMark}`
  await mkdir(join(parent, own), { recursive: true, mode: 0o700 })
  for (const name of await readdir(parent)) {
    if (name !== own && !isOwnedByLivingNeighbour(name)) await rm(join(parent, name), { recursive: true, force: true })
  }
  return join(parent, own)
}

function isOwnedByLivingNeighbour(name: string): boolean {
  const processId = Number(name.split('-')[0])
  if (!Number.isInteger(processId) || processId <= 0 || processId === process.pid) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return errorCodeOf(error) === 'EPERM'
  }
}
