import { ensureDirectory } from '../kernel/safe/index.ts'
import type { DeploymentPlan, DeploymentReport } from './snapshot.ts'
import {
  failed,
  Worker,
  type CollectedFrame,
  type WorkerAnswer,
  type WorkerExit,
  type WorkerReady,
  type WorkerRequest,
} from './worker.ts'
import { workerCommand } from './worker-command.ts'

export interface PoolOptions {
  readonly plan: DeploymentPlan
  readonly pythonPath: string
  readonly homeDirectory: string
  /** The state changed: report it. */
  readonly onChange: () => void
  readonly onCollected: (collected: CollectedFrame) => void
}

/** An answer with what the gateway's own stages took. */
export interface PoolAnswer extends WorkerAnswer {
  readonly queueMs: number
  readonly inferMs: number
}

interface Waiting {
  readonly request: WorkerRequest
  readonly enqueuedAt: number
  readonly deadlineAt: number
  readonly settle: (answer: PoolAnswer) => void
  timer: NodeJS.Timeout | undefined
  gone: boolean
}

const warmUpLimitMs = 30_000
const logLines = 200
const firstBackOffMs = 500
const longestBackOffMs = 30_000
/** A deployment whose workers die this often without ever becoming ready has failed. */
const crashLimit = 5
/** Exit status of a worker whose script or model is at fault. */
const scriptAtFault = 3

/** The workers of one deployment revision, its queue and its admission limit. Binds late: a worker never holds more than one call. */
export class DeploymentPool {
  readonly plan: DeploymentPlan
  readonly #options: PoolOptions
  readonly #workers = new Set<Worker>()
  readonly #warm = new Set<Worker>()
  readonly #queue: Waiting[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #log: string[] = []
  #state: DeploymentReport['state'] = 'starting'
  #failure: { code: string; message: string } | undefined
  #ready: WorkerReady | undefined
  #crashes = 0
  #admitted = 0
  #closing = false
  #whenEmpty: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.plan = options.plan
  }

  get state(): DeploymentReport['state'] {
    return this.#state
  }

  get inFlight(): number {
    return this.#admitted
  }

  /** Calls that are admitted at once; one more is answered with 429. */
  get capacity(): number {
    return 2 * this.plan.maxConcurrentPerInstance * this.plan.instances
  }

  get readyWorkers(): number {
    return [...this.#warm].filter((worker) => worker.ready).length
  }

  /** Process ids of the workers, for tests and status. */
  get processIds(): number[] {
    return [...this.#workers].flatMap((worker) => worker.pid ?? [])
  }

  report(): DeploymentReport {
    return {
      deploymentId: this.plan.id,
      revision: this.plan.revision,
      state: this.#state,
      readyInstances: Math.floor(this.readyWorkers / this.plan.workersPerInstance),
      code: this.#failure?.code ?? null,
      message: this.#failure?.message ?? null,
      probe: this.#state === 'ready' ? null : 'readiness',
      log: this.#log.join('\n'),
      inputs: this.#ready?.inputs ?? null,
      outputs: this.#ready?.outputs ?? null,
      inputExample: this.#ready?.inputExample ?? null,
    }
  }

  async start(): Promise<void> {
    await ensureDirectory(this.#options.homeDirectory)
    const count = this.plan.instances * this.plan.workersPerInstance
    await Promise.all(Array.from({ length: count }, () => this.#startWorker()))
  }

  /** Takes a place, to be given back by {@link leave}; false when `limit` calls have one. */
  enter(limit = this.capacity): boolean {
    if (this.#admitted >= limit) return false
    this.#admitted += 1
    return true
  }

  leave(): void {
    this.#admitted -= 1
    if (this.#admitted === 0) this.#whenEmpty?.()
  }

  /** Queues a call that has a place; the promise never rejects. */
  score(request: WorkerRequest, signal?: AbortSignal): Promise<PoolAnswer> {
    return new Promise((resolve) => {
      const now = performance.now()
      const waiting: Waiting = {
        request,
        enqueuedAt: now,
        deadlineAt: now + this.plan.requestTimeoutMs,
        settle: resolve,
        timer: undefined,
        gone: false,
      }
      waiting.timer = setTimeout(
        () => this.#abandon(waiting, failed('timeout', 408, 'The request waited longer than its limit.')),
        this.plan.requestTimeoutMs,
      )
      signal?.addEventListener('abort', () => this.#abandon(waiting, failed('timeout', 499, 'The client went away.')), {
        once: true,
      })
      this.#queue.push(waiting)
      this.#dispatch()
    })
  }

  /** Takes no new calls, finishes what it has within the request's time limit, then ends the workers. */
  async drain(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.plan.requestTimeoutMs)
        this.#whenEmpty = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    await Promise.all([...this.#workers].map((worker) => this.#endWorker(worker)))
  }

  #abandon(waiting: Waiting, answer: WorkerAnswer): void {
    if (waiting.gone) return
    const at = this.#queue.indexOf(waiting)
    if (at < 0) return
    this.#queue.splice(at, 1)
    this.#finish(waiting, { ...answer, queueMs: performance.now() - waiting.enqueuedAt, inferMs: 0 })
  }

  #finish(waiting: Waiting, answer: PoolAnswer): void {
    waiting.gone = true
    clearTimeout(waiting.timer)
    waiting.settle(answer)
  }

  #dispatch(): void {
    if (this.#queue.length === 0) return
    for (const worker of this.#warm) {
      if (!worker.idle) continue
      const waiting = this.#queue.shift()
      if (waiting === undefined) return
      void this.#run(worker, waiting)
    }
  }

  async #run(worker: Worker, waiting: Waiting): Promise<void> {
    clearTimeout(waiting.timer)
    const startedAt = performance.now()
    const answer = await worker.infer(waiting.request, Math.max(1, waiting.deadlineAt - startedAt))
    this.#finish(waiting, { ...answer, queueMs: startedAt - waiting.enqueuedAt, inferMs: performance.now() - startedAt })
  }

  async #startWorker(): Promise<void> {
    const { pythonPath, homeDirectory, onCollected } = this.#options
    const command = workerCommand(this.plan, { pythonPath, homeDirectory })
    const worker: Worker = new Worker({
      ...command,
      workingDirectory: homeDirectory,
      onReady: (ready) => void this.#becameReady(worker, ready),
      onIdle: () => this.#dispatch(),
      onExit: (exit) => this.#ended(worker, exit),
      onLog: (line) => this.#keepLine(line),
      onCollected,
    })
    this.#workers.add(worker)
    try {
      await worker.start()
    } catch (error) {
      this.#workers.delete(worker)
      this.#fail(
        'PodUnschedulable',
        `The worker's program '${command.executable}' cannot be started: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  /** One call with the model's example warms caches before the worker counts; its outcome does not matter, a crash does. */
  async #becameReady(worker: Worker, ready: WorkerReady): Promise<void> {
    this.#ready = ready
    if (ready.inputExample !== null && ready.inputExample !== undefined) {
      const answer = await worker.infer(warmUpRequest(ready.inputExample), warmUpLimitMs)
      if (answer.kind === 'crash') return
    }
    this.#warm.add(worker)
    this.#crashes = 0
    if (this.readyWorkers >= this.plan.instances * this.plan.workersPerInstance) this.#state = 'ready'
    this.#options.onChange()
    this.#dispatch()
  }

  #ended(worker: Worker, exit: WorkerExit): void {
    this.#workers.delete(worker)
    this.#warm.delete(worker)
    if (this.#closing) return
    if (exit.exitCode === scriptAtFault) {
      this.#fail(exit.failure?.code ?? 'UserScriptInitFailed', exit.failure?.message ?? 'The worker ended with exit code 3.')
      return
    }
    this.#crashes += 1
    this.#keepLine(`worker ended with ${exit.signal ?? `exit code ${exit.exitCode}`}; it is started again (BackOff)`)
    if (this.#state === 'starting' && this.#crashes >= crashLimit) {
      this.#fail(
        'DeploymentCrashLoopBackOff',
        `A worker ended ${this.#crashes} times before it was ready, last with ${exit.signal ?? `exit code ${exit.exitCode}`}.`,
      )
      return
    }
    const delayMs =
      this.#state === 'ready' && this.#crashes === 1 ? 0 : Math.min(longestBackOffMs, firstBackOffMs * 2 ** (this.#crashes - 1))
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#startWorker()
    }, delayMs)
    this.#timers.add(timer)
    this.#options.onChange()
  }

  #fail(code: string, message: string): void {
    if (this.#closing) return
    this.#state = 'failed'
    this.#failure = { code, message }
    for (const worker of this.#workers) worker.kill()
    this.#options.onChange()
  }

  #keepLine(line: string): void {
    this.#log.push(line)
    if (this.#log.length > logLines) this.#log.shift()
  }

  #endWorker(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      worker.whenEnded(resolve)
      worker.drain(this.plan.requestTimeoutMs)
    })
  }
}

function warmUpRequest(example: unknown): WorkerRequest {
  return {
    method: 'POST',
    path: '/invocations',
    query: '',
    headers: { 'content-type': 'application/json' },
    requestId: 'warm-up',
    correlationId: 'warm-up',
    collect: false,
    body: Buffer.from(JSON.stringify(example)),
  }
}
