import type { Executor } from '../db/schema.ts'
import { claimTasks, finishTask, postponeTask, renewTasks, type ClaimedTask } from './tasks.ts'

/** What a handler wants next: done (`undefined`), or to run again after a while (a controller that waits for something). */
export type TaskResult = { readonly againAfterMs: number } | undefined | void
export type TaskHandler = (task: ClaimedTask, signal: AbortSignal) => Promise<TaskResult>

export interface TaskWorkerOptions {
  readonly db: Executor
  readonly holder: string
  readonly handlers: ReadonlyMap<string, TaskHandler>
  readonly concurrency: number
  readonly leaseMs: number
  readonly onError: (task: ClaimedTask, error: unknown) => void
}

/** Back-off before the next try after `failures` failures in a row: 0.5 s doubling up to one minute. */
export function taskBackoffMs(failures: number): number {
  return Math.min(60_000, 500 * 2 ** Math.min(failures, 10))
}

/** Claims and runs tasks; `step()` is called by the engine's loop and returns how many were started. */
export class TaskWorker {
  readonly #options: TaskWorkerOptions
  readonly #running = new Map<number, Promise<void>>()
  readonly #abort = new AbortController()

  constructor(options: TaskWorkerOptions) {
    this.#options = options
  }

  async step(): Promise<number> {
    const { db, holder, handlers, concurrency, leaseMs } = this.#options
    const claimed = await claimTasks(db, holder, [...handlers.keys()], { limit: concurrency - this.#running.size, leaseMs })
    for (const task of claimed) {
      const run = this.#run(task).finally(() => this.#running.delete(task.id))
      this.#running.set(task.id, run)
    }
    return claimed.length
  }

  /** Extends the leases of what is running; call it several times per lease. */
  async renew(): Promise<void> {
    await renewTasks(this.#options.db, this.#options.holder, [...this.#running.keys()], this.#options.leaseMs)
  }

  /** Waits for what is running now. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#running.values())
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.settle()
  }

  async #run(task: ClaimedTask): Promise<void> {
    const { db, handlers, onError } = this.#options
    try {
      const result = await handlers.get(task.kind)?.(task, this.#abort.signal)
      if (result === undefined) await finishTask(db, task)
      else await postponeTask(db, task, result.againAfterMs)
    } catch (error) {
      onError(task, error)
      const message = error instanceof Error ? error.message : String(error)
      await postponeTask(db, task, taskBackoffMs(task.failures), message).catch((failure: unknown) => onError(task, failure))
    }
  }
}
