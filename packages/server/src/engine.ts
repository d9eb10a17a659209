import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { sql } from 'kysely'
import type { Context } from './context.ts'
import type { DomainModule, Loop, Timer } from './domain.ts'
import { deliverEvents, sealEvents } from './kernel/events/index.ts'
import { TaskWorker, type TaskHandler } from './kernel/tasks/index.ts'

const leaderLock = 7_180_002
const sealBatch = 500

export interface Engine extends AsyncDisposable {
  /** Resolves once bootstrap is done (by this process or another). */
  readonly ready: Promise<void>
}

/** The engine role: tasks, loops, timers, the event sealer and subscriptions. Any number may run; timers and delivery run in the leader. */
export function startEngine(ctx: Context, domains: readonly DomainModule[]): Engine {
  const abort = new AbortController()
  // Every loop and timer waits on this one signal.
  setMaxListeners(0, abort.signal)
  const handlers = new Map<string, TaskHandler>(domains.flatMap((domain) => Object.entries(domain.tasks ?? {})))
  const holder = `engine-${process.pid}-${randomUUID().slice(0, 8)}`
  const worker = new TaskWorker({
    db: ctx.db.kysely,
    holder,
    handlers,
    concurrency: 8,
    leaseMs: 30_000,
    onError: (task, error) =>
      ctx.log.warn({ err: error, task: `${task.kind} ${task.key}` }, 'A task failed and will be tried again'),
  })
  const loops: Loop[] = [
    { name: 'seal events', channels: [], step: () => sealOften(ctx) },
    { name: 'tasks', channels: ['tasks'], step: () => worker.step() },
    ...domains.flatMap((domain) => domain.loops ?? []),
  ]
  const ready = bootstrap(ctx, domains)
  const runs = ready.then(() =>
    Promise.all([
      ...loops.map((loop) => runLoop(ctx, loop, abort.signal)),
      renewLeases(worker, abort.signal),
      lead(ctx, domains, abort.signal),
    ]),
  )
  return {
    ready,
    async [Symbol.asyncDispose]() {
      abort.abort()
      await runs.catch(() => undefined)
      await worker.stop()
    },
  }
}

/** At each poll what has gathered, and only more than one batch of it at once: a busy engine would seal every event by itself. */
async function sealOften(ctx: Context): Promise<number> {
  const sealed = await sealEvents(ctx.db.kysely, sealBatch)
  return sealed < sealBatch ? 0 : sealed
}

async function bootstrap(ctx: Context, domains: readonly DomainModule[]): Promise<void> {
  await ctx.db.kysely.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${leaderLock + 1})`.execute(connection)
    try {
      for (const domain of domains) await domain.bootstrap?.()
    } finally {
      await sql`select pg_advisory_unlock(${leaderLock + 1})`.execute(connection)
    }
  })
}

/** Calls a loop's step until there is nothing to do, then waits for a notification or the poll interval. */
async function runLoop(ctx: Context, loop: Loop, signal: AbortSignal): Promise<void> {
  const wake = new WakeUp()
  const listening = await Promise.all(loop.channels.map((channel) => ctx.db.listen(channel, () => wake.ring())))
  while (!signal.aborted) {
    try {
      if ((await loop.step(signal)) > 0) continue
    } catch (error) {
      ctx.log.warn({ err: error, loop: loop.name }, 'A step of the engine failed and will be repeated')
    }
    await wake.wait(ctx.config.engine.pollIntervalMs, signal)
  }
  await loop.stop?.().catch((error: unknown) => ctx.log.warn({ err: error, loop: loop.name }, 'A loop did not stop cleanly'))
  await Promise.all(listening.map((entry) => entry[Symbol.asyncDispose]()))
}

async function renewLeases(worker: TaskWorker, signal: AbortSignal): Promise<void> {
  const wake = new WakeUp()
  while (!signal.aborted) {
    await worker.renew().catch(() => undefined)
    await wake.wait(8_000, signal)
  }
}

/** Holds the leader lock on one connection and runs timers and event delivery while it does. */
async function lead(ctx: Context, domains: readonly DomainModule[], signal: AbortSignal): Promise<void> {
  const wake = new WakeUp()
  while (!signal.aborted) {
    try {
      await ctx.db.kysely.connection().execute(async (connection) => {
        const lock = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${leaderLock}) as locked`.execute(connection)
        if (lock.rows[0]?.locked !== true) return
        try {
          await leadUntilLost(ctx, domains, signal, async () => void (await sql`select 1`.execute(connection)))
        } finally {
          await sql`select pg_advisory_unlock(${leaderLock})`.execute(connection).catch(() => undefined)
        }
      })
    } catch (error) {
      if (!signal.aborted) ctx.log.warn({ err: error }, 'Leadership was lost and will be sought again')
    }
    await wake.wait(1_000, signal)
  }
}

async function leadUntilLost(
  ctx: Context,
  domains: readonly DomainModule[],
  signal: AbortSignal,
  stillLeader: () => Promise<void>,
): Promise<void> {
  const timers = domains.flatMap((domain) => domain.timers ?? []).map((timer) => ({ timer, dueAt: 0, running: false }))
  const subscriptions = domains.flatMap((domain) => domain.subscriptions ?? [])
  const wake = new WakeUp()
  const listening = await ctx.db.listen('events', () => wake.ring())
  try {
    while (!signal.aborted) {
      await stillLeader()
      for (const entry of timers) startIfDue(ctx, entry, signal)
      let delivered = 0
      for (const subscription of subscriptions) {
        delivered += await deliverEvents(ctx.db.kysely, subscription).catch((error: unknown) => {
          ctx.log.warn({ err: error, reader: subscription.reader }, 'An event subscription failed and will be repeated')
          return 0
        })
      }
      if (delivered === 0) await wake.wait(ctx.config.engine.pollIntervalMs, signal)
    }
  } finally {
    await listening[Symbol.asyncDispose]()
  }
}

function startIfDue(ctx: Context, entry: { timer: Timer; dueAt: number; running: boolean }, signal: AbortSignal): void {
  const now = performance.now()
  if (entry.running || now < entry.dueAt) return
  entry.running = true
  entry.dueAt = now + entry.timer.everyMs
  entry.timer
    .run(signal)
    .catch((error: unknown) => ctx.log.warn({ err: error, timer: entry.timer.name }, 'A timer failed and will run again'))
    .finally(() => (entry.running = false))
}

/** Waits for a ring, a timeout or the end, whichever comes first; a ring before the wait is not lost. */
class WakeUp {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        const end = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', end)
          resolve()
        }
        this.#wake = end
        signal.addEventListener('abort', end, { once: true })
      })
    }
    this.#wake = undefined
    this.#rung = false
  }
}
