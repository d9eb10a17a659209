import type { ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { spawnProcess } from '../kernel/safe/index.ts'
import { encodeHead, FrameDecoder, frameTypes, protocolVersion, type Frame } from './frames.ts'

/** What a worker answered. */
export interface WorkerAnswer {
  readonly kind: 'result' | 'input' | 'user' | 'timeout' | 'internal' | 'crash'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly message: string
  readonly execMs: number
}

export interface WorkerRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string
  readonly correlationId: string
  readonly collect: boolean
  readonly body: Buffer
}

export interface WorkerReady {
  readonly inputs: unknown
  readonly outputs: unknown
  readonly inputExample: unknown
}

export interface CollectedFrame {
  readonly collection: string
  readonly correlationId: string
  readonly requestId: string
  /** JSON: a list of row objects. */
  readonly rows: Buffer
  readonly rowCount: number
}

/** How a worker came to its end. `code` 3: the script or the model is at fault. */
export interface WorkerExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly failure: { readonly code: string; readonly message: string } | undefined
}

export interface WorkerOptions {
  readonly executable: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly hello: Readonly<Record<string, unknown>>
  readonly onReady: (ready: WorkerReady) => void
  /** The slot is free again. */
  readonly onIdle: () => void
  readonly onExit: (exit: WorkerExit) => void
  readonly onLog: (line: string) => void
  readonly onCollected: (collected: CollectedFrame) => void
}

interface Call {
  readonly id: number
  readonly resolve: (answer: WorkerAnswer) => void
  timedOut: boolean
  timer: NodeJS.Timeout | undefined
}

/** After its deadline a worker gets this long to come back before it is killed and replaced. */
const graceAfterDeadlineMs = 2_000
const empty = Buffer.alloc(0)

/** One Python process: one slot that answers one call at a time. */
export class Worker {
  readonly #options: WorkerOptions
  #child: ChildProcess | undefined
  #channel: Duplex | undefined
  #call: Call | undefined
  #nextId = 1
  #failure: WorkerExit['failure']
  #ready = false
  #draining = false

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  get idle(): boolean {
    return this.#ready && !this.#draining && this.#call === undefined && this.#channel?.writable === true
  }

  get busy(): boolean {
    return this.#call !== undefined
  }

  get ready(): boolean {
    return this.#ready && !this.#draining
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts the process; `onReady` or `onExit` tell how it went. */
  async start(): Promise<void> {
    const { executable, environment, workingDirectory } = this.#options
    const child = await spawnProcess({
      executable,
      arguments: this.#options.arguments,
      environment,
      workingDirectory,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    // It may have been drained while it was being started.
    if (this.#draining) child.kill('SIGKILL')
    for (const stream of [child.stdout, child.stderr]) collectLines(stream, this.#options.onLog)
    const channel = child.stdio[3] as Duplex
    this.#channel = channel
    const decoder = new FrameDecoder()
    channel.on('error', () => undefined)
    channel.on('data', (chunk: Buffer) => {
      try {
        for (const frame of decoder.push(chunk)) this.#receive(frame)
      } catch (error) {
        this.#options.onLog(`broken frame from worker: ${error instanceof Error ? error.message : String(error)}`)
        this.kill()
      }
    })
    // 'close' comes after the output was read to its end, so the failure's last lines are known.
    child.once('close', (exitCode, signal) => this.#ended(exitCode, signal))
    this.#send(frameTypes.hello, 0, { protocol: protocolVersion, ...this.#options.hello }, empty)
  }

  /** Sends a call; the promise never rejects. Call only when {@link idle}. */
  infer(request: WorkerRequest, deadlineMs: number): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      const call: Call = { id: this.#nextId, resolve, timedOut: false, timer: undefined }
      this.#nextId += 1
      this.#call = call
      call.timer = setTimeout(() => this.#expire(call), deadlineMs)
      const { body, ...header } = request
      try {
        this.#send(frameTypes.infer, call.id, { ...header, deadlineMs: Math.max(1, Math.round(deadlineMs)) }, body)
      } catch (error) {
        this.#settle(call, failed('input', 431, error instanceof Error ? error.message : 'The headers are too large.'))
      }
    })
  }

  /** Lets the running call finish, then ends the process; kills it when that takes longer than `timeoutMs`. */
  drain(timeoutMs: number): void {
    if (this.#draining) return
    this.#draining = true
    this.#send(frameTypes.drain, 0, {}, empty)
    const timer = setTimeout(() => this.kill(), timeoutMs)
    this.#child?.once('close', () => clearTimeout(timer))
  }

  /** Calls back once the process is gone; at once when it never ran. */
  whenEnded(then: () => void): void {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) then()
    else child.once('close', then)
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #send(type: number, id: number, header: unknown, body: Buffer): void {
    const channel = this.#channel
    if (channel === undefined || !channel.writable) return
    const head = encodeHead(type, id, header, body.length)
    if (body.length === 0) {
      channel.write(head)
      return
    }
    channel.cork()
    channel.write(head)
    channel.write(body)
    channel.uncork()
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case frameTypes.ready:
        this.#ready = true
        this.#options.onReady({
          inputs: frame.header['inputs'],
          outputs: frame.header['outputs'],
          inputExample: frame.header['inputExample'],
        })
        return
      case frameTypes.result:
        this.#answer(frame, resultOf(frame))
        return
      case frameTypes.error:
        if (frame.id === 0)
          this.#failure = {
            code: textOf(frame.header['code']) || 'UserScriptInitFailed',
            message: textOf(frame.header['message']),
          }
        else this.#answer(frame, errorOf(frame))
        return
      case frameTypes.collected:
        this.#options.onCollected({
          collection: textOf(frame.header['collection']),
          correlationId: textOf(frame.header['correlationId']),
          requestId: textOf(frame.header['requestId']),
          rows: Buffer.from(frame.body),
          rowCount: numberOf(frame.header['rows']),
        })
        return
      case frameTypes.log:
        this.#options.onLog(`${textOf(frame.header['level'])} ${textOf(frame.header['message'])}`)
        return
      default:
    }
  }

  #answer(frame: Frame, answer: WorkerAnswer): void {
    const call = this.#call
    if (call !== undefined && call.id === frame.id) this.#settle(call, answer)
  }

  #settle(call: Call, answer: WorkerAnswer): void {
    clearTimeout(call.timer)
    this.#call = undefined
    call.resolve(answer)
    this.#options.onIdle()
  }

  /** Answers 408 at the deadline in any case; the slot stays taken until the worker is back or replaced. */
  #expire(call: Call): void {
    call.timedOut = true
    call.resolve(failed('timeout', 408, 'The request ran longer than its limit.'))
    call.timer = setTimeout(() => this.kill(), graceAfterDeadlineMs)
  }

  #ended(exitCode: number | null, signal: NodeJS.Signals | null): void {
    this.#ready = false
    const call = this.#call
    if (call !== undefined) this.#settle(call, failed('crash', 500, 'The worker ended while it was working on the request.'))
    this.#options.onExit({ exitCode, signal, failure: this.#failure })
  }
}

function resultOf(frame: Frame): WorkerAnswer {
  const status = frame.header['status']
  const headers = frame.header['headers']
  return {
    kind: 'result',
    status: typeof status === 'number' ? status : 200,
    headers: typeof headers === 'object' && headers !== null ? (headers as Record<string, string>) : {},
    body: frame.body,
    message: '',
    execMs: numberOf(frame.header['execMs']),
  }
}

const errorKinds = new Set(['input', 'user', 'timeout'])

function errorOf(frame: Frame): WorkerAnswer {
  const kind = textOf(frame.header['kind'])
  const answer = failed(
    errorKinds.has(kind) ? (kind as WorkerAnswer['kind']) : 'internal',
    numberOf(frame.header['status']) || 500,
    textOf(frame.header['message']),
  )
  return { ...answer, execMs: numberOf(frame.header['execMs']) }
}

export function failed(kind: WorkerAnswer['kind'], status: number, message: string): WorkerAnswer {
  return { kind, status, headers: {}, body: empty, message, execMs: 0 }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function collectLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(-16_384)
    for (const line of lines) onLine(line)
  })
  stream?.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
