import { open } from 'node:fs/promises'
import { isSameProcess, processStartTime, signalProcess } from '../db/process-identity.ts'
import { spawnProcess } from '../safe/index.ts'

/** A process that outlives this one: its number and start time, since numbers repeat. */
export interface ProcessReference {
  readonly pid: number
  readonly startTime: string
}

export interface DetachedCommand {
  /** Absolute path. */
  readonly executable: string
  readonly arguments: readonly string[]
  readonly workingDirectory: string
  /** The whole environment; nothing of ours is inherited. Secrets belong in files, never in arguments. */
  readonly environment: Readonly<Record<string, string>>
  /** Where its output goes, appended. */
  readonly outputFile: string
}

/**
 * Starts a process in a session of its own that survives this one.
 * @returns its reference, or `undefined` when it ended before it could be looked at
 * @throws Error the program cannot be started
 */
export async function startDetached(command: DetachedCommand): Promise<ProcessReference | undefined> {
  const output = await open(command.outputFile, 'a', 0o600)
  try {
    const child = await spawnProcess({
      executable: command.executable,
      arguments: command.arguments,
      workingDirectory: command.workingDirectory,
      environment: command.environment,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    })
    child.unref()
    const { pid } = child
    if (pid === undefined) return undefined
    const startTime = await processStartTime(pid)
    return startTime === undefined ? undefined : { pid, startTime }
  } finally {
    await output.close()
  }
}

export function isRunning(reference: ProcessReference): Promise<boolean> {
  return isSameProcess(reference.pid, reference.startTime)
}

/** Signals the process unless its number belongs to another one by now. */
export async function signalDetached(reference: ProcessReference, signal: NodeJS.Signals): Promise<void> {
  if (await isRunning(reference)) signalProcess(reference.pid, signal)
}
