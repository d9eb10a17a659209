import { readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isSameProcess, processStartTime } from '../db/process-identity.ts'

/** Where process numbers mean the same thing: this host, and on Linux this pid namespace of it. */
async function here(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => 'host')
  return `${hostname()}/${namespace.replace(/[^0-9a-z]/gi, '')}`
}

/** A name for this process, under which it holds leases; processes of the same host can tell whether it still lives. */
export async function holderName(purpose: string, nonce: string): Promise<string> {
  return [purpose, await here(), process.pid, (await processStartTime(process.pid)) ?? 'unknown', nonce].join('|')
}

/** True when the holder was a process of this host that is gone; false when it lives, or may live elsewhere. */
export async function isHolderGone(holder: string): Promise<boolean> {
  const [, place, pid, startTime] = holder.split('|')
  if (place !== (await here()) || pid === undefined || startTime === undefined || startTime === 'unknown') return false
  return !(await isSameProcess(Number(pid), startTime))
}
