import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { isAbsolute } from 'node:path'
import { AppError, invalid } from '@fulcrum/contract'
import { errorCodeOf } from './durable.ts'

export interface SpawnRequest {
  /** Absolute path of the program; nothing is searched. */
  readonly executable: string
  /** Options of our own making. */
  readonly arguments?: readonly string[]
  /** Values that a user chose; they follow `--`, so none can be taken for an option. */
  readonly userArguments?: readonly string[]
  /** The whole environment of the program; nothing of ours is inherited. */
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  /** True: a session and process group of its own, which outlives this process; signal it with {@link signalGroup}. */
  readonly detached?: boolean
  /** All ignored when absent. Descriptors may be given, for logs. */
  readonly stdio?: StdioOptions
  readonly signal?: AbortSignal
}

/**
 * Starts a program without a shell and waits until it runs.
 * @throws InvalidRequestContent a relative program or working directory, or a NUL in a value · Error when it cannot be started
 */
export async function spawnProcess(request: SpawnRequest): Promise<ChildProcess> {
  const argv = argumentsOf(request)
  const child = spawn(request.executable, argv, {
    cwd: request.workingDirectory,
    env: { ...request.environment },
    shell: false,
    windowsHide: true,
    detached: request.detached ?? false,
    stdio: request.stdio ?? 'ignore',
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  })
  await once(child, 'spawn')
  // An aborted signal is reported as 'error' as well as by the exit; without a listener it would end this process.
  child.on('error', () => undefined)
  if (request.detached === true) child.unref()
  return child
}

export interface RunRequest extends Omit<SpawnRequest, 'detached' | 'stdio'> {
  /** The group is killed after this. */
  readonly timeoutMs: number
  /** Kept of each stream, from its end; 1 MiB when absent. */
  readonly maximumOutputBytes?: number
}

export interface RunResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end and returns what it printed. Descendants that it leaves behind in its group are killed. */
export async function runProcess(request: RunRequest): Promise<RunResult> {
  request.signal?.throwIfAborted()
  const limit = request.maximumOutputBytes ?? 1024 * 1024
  const { signal: abort, ...rest } = request
  const child = await spawnProcess({ ...rest, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const group = child.pid
  if (group === undefined) throw new AppError('InternalServerError', `'${request.executable}' did not start.`)
  const stdout = collectEnd(child.stdout, limit)
  const stderr = collectEnd(child.stderr, limit)
  let timedOut = false
  const kill = (): void => void signalGroup(group, 'SIGKILL')
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, request.timeoutMs)
  abort?.addEventListener('abort', kill)
  // It may have been aborted while the program was being started.
  if (abort?.aborted === true) kill()
  try {
    child.once('exit', kill)
    const [exitCode, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'close')
    abort?.throwIfAborted()
    return {
      exitCode: typeof exitCode === 'number' ? exitCode : undefined,
      signal: typeof signal === 'string' ? signal : undefined,
      timedOut,
      stdout: stdout(),
      stderr: stderr(),
    }
  } finally {
    clearTimeout(timer)
    abort?.removeEventListener('abort', kill)
  }
}

/** Sends a signal to a process group (signal 0 only asks); false when no process of it lives. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  if (!Number.isInteger(groupId) || groupId <= 1) throw new RangeError(`${groupId} is not the id of a process group`)
  try {
    process.kill(-groupId, signal)
    return true
  } catch (error) {
    if (errorCodeOf(error) === 'ESRCH') return false
    throw error
  }
}

function argumentsOf(request: SpawnRequest): string[] {
  if (!isAbsolute(request.executable)) throw refused('executable', `the program '${request.executable}' is not an absolute path`)
  if (!isAbsolute(request.workingDirectory)) throw refused('workingDirectory', 'the working directory is not an absolute path')
  const argv = [...(request.arguments ?? [])]
  if (request.userArguments !== undefined) argv.push('--', ...request.userArguments)
  if (argv.some((argument) => argument.includes('\0'))) throw refused('arguments', 'an argument contains a NUL character')
  for (const [name, value] of Object.entries(request.environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) throw refused(name, `'${name}' is not a name for an environment variable`)
    if (value.includes('\0')) throw refused(name, `the environment variable '${name}' contains a NUL character`)
  }
  return argv
}

function refused(target: string, reason: string): AppError {
  return invalid(`The program cannot be started: ${reason}.`, { target })
}

/** Keeps the last `limit` bytes of a stream. */
function collectEnd(stream: NodeJS.ReadableStream | null, limit: number): () => string {
  let kept: Buffer[] = []
  let keptBytes = 0
  stream?.on('data', (chunk: Buffer) => {
    kept.push(chunk)
    keptBytes += chunk.length
    if (keptBytes > 2 * limit) {
      kept = [Buffer.concat(kept).subarray(-limit)]
      keptBytes = limit
    }
  })
  return () => Buffer.concat(kept).subarray(-limit).toString('utf8')
}
