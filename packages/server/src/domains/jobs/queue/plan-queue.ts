/**
 * Whose turn it is, and what everybody else waits for. Pure: queues and pools in, starts and reasons out.
 *
 * Order: (1) level = priority, and one more for each `ageingMs` in which the queue was not served; (2) the person who holds the smallest
 * part of the host; (3) of that person's experiments the one that holds the smallest part; (4) who has waited longest. A part is the
 * largest fraction of any of the host's pools (dominant resource fairness): a job with all GPUs counts as much as one with all slots.
 *
 * Nobody starves: ageing has no upper end, and what a queue lacks is kept free for it once it has waited for `reserveAfterMs`, so that
 * small jobs cannot slip past a large one for ever. A queue's waiting begins anew each time it is served; ten thousand steps that wait
 * together therefore gain no more from ageing than one.
 */

export const ageingMs = 600_000
/** From then on what it lacks is kept free. */
export const reserveAfterMs = 60_000
/** From then on everything it asks for but its slot: else two resources might come free in turns and never together. */
export const reserveAllAfterMs = 1_800_000

/** Something that jobs use up together: slots of the host, GPUs, nodes of a cluster, a quota. */
export interface Pool {
  readonly id: string
  readonly limit: number
  readonly used: number
  /** Of the host itself: counts for the part that somebody holds. */
  readonly shared: boolean
}

export interface Draw {
  readonly pool: string
  readonly amount: number
}

interface Owner {
  readonly submitter: string
  /** Unique, also among submitters. */
  readonly experiment: string
  readonly draws: readonly Draw[]
}

/** Steps that wait and are alike: same people, compute, priority and request. */
export interface WaitingQueue extends Owner {
  readonly id: number
  readonly priority: number
  /** How many of its steps could start but for their turn. */
  readonly ready: number
  /** Since when its first step waits, or since the queue was served, if that is later. */
  readonly waitingSinceMs: number
  /** Nothing of it may start, for a reason that is no pool. */
  readonly stopped: boolean
}

export interface QueueState {
  readonly pools: readonly Pool[]
  readonly waiting: readonly WaitingQueue[]
  /** What each running step holds. */
  readonly holding: readonly Owner[]
  readonly nowMs: number
}

export type Wait =
  | { readonly kind: 'stopped' }
  /** `pool` has too little left; `reserved`: it has enough, but keeps it for somebody who has waited longer. */
  | { readonly kind: 'lacks'; readonly pool: string; readonly reserved: boolean }
  /** It asks for more than `pool` ever has. */
  | { readonly kind: 'never'; readonly pool: string }

export interface QueuePlan {
  /** Ids of queues, one for each step to start, in order. */
  readonly starts: readonly number[]
  /** Of the queues that have steps left. */
  readonly waits: ReadonlyMap<number, Wait>
}

export function planQueue(state: QueueState): QueuePlan {
  const ledger = new Ledger(state)
  const line = new Line(state, ledger)
  const starts: number[] = []
  const waits = new Map<number, Wait>()
  for (let entry = line.first(); entry !== undefined; entry = line.first()) {
    const { queue } = entry
    const wait = ledger.obstacle(queue)
    if (wait === undefined) {
      starts.push(queue.id)
      line.serve(entry)
    } else {
      waits.set(queue.id, wait)
      if (wait.kind === 'lacks') ledger.reserve(queue, state.nowMs - entry.sinceMs)
      line.remove(entry)
    }
  }
  return { starts, waits }
}

/** The queues of the next steps, at most `count`, if everything came free in turn: positions for people to see. */
export function orderOfTurns(state: QueueState, count: number): number[] {
  const line = new Line(state, new Ledger(state))
  const turns: number[] = []
  for (let entry = line.first(); entry !== undefined && turns.length < count; entry = line.first()) {
    turns.push(entry.queue.id)
    line.serve(entry)
  }
  return turns
}

interface Entry {
  readonly queue: WaitingQueue
  level: number
  left: number
  sinceMs: number
}

/** The queues that still have steps, and which of them is next. */
class Line {
  readonly #entries = new Set<Entry>()
  readonly #ledger: Ledger
  readonly #nowMs: number

  constructor(state: QueueState, ledger: Ledger) {
    this.#ledger = ledger
    this.#nowMs = state.nowMs
    for (const queue of state.waiting) {
      const waitedMs = Math.max(0, state.nowMs - queue.waitingSinceMs)
      const level = queue.priority + Math.floor(waitedMs / ageingMs)
      if (queue.ready > 0) this.#entries.add({ queue, level, left: queue.ready, sinceMs: queue.waitingSinceMs })
    }
  }

  first(): Entry | undefined {
    let best: Entry | undefined
    for (const entry of this.#entries) if (best === undefined || this.#comparesBefore(entry, best)) best = entry
    return best
  }

  /** One step of it has its turn; the next waits from now. */
  serve(entry: Entry): void {
    this.#ledger.take(entry.queue)
    entry.left -= 1
    entry.level = entry.queue.priority
    entry.sinceMs = this.#nowMs
    if (entry.left === 0) this.#entries.delete(entry)
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry)
  }

  #comparesBefore(left: Entry, right: Entry): boolean {
    const ledger = this.#ledger
    const difference =
      right.level - left.level ||
      ledger.partOf(left.queue.submitter) - ledger.partOf(right.queue.submitter) ||
      ledger.partOf(left.queue.experiment) - ledger.partOf(right.queue.experiment) ||
      left.sinceMs - right.sinceMs ||
      left.queue.id - right.queue.id
    return difference < 0
  }
}

interface Account {
  readonly pool: Pool
  used: number
  reserved: number
}

/** What is used, kept, and held by whom. */
class Ledger {
  readonly #accounts: ReadonlyMap<string, Account>
  /** By owner and pool, of the shared pools. */
  readonly #held = new Map<string, Map<string, number>>()

  constructor({ pools, holding }: QueueState) {
    this.#accounts = new Map(pools.map((pool) => [pool.id, { pool, used: pool.used, reserved: 0 }]))
    for (const owner of holding) this.#credit(owner)
  }

  take(queue: WaitingQueue): void {
    for (const { pool, amount } of queue.draws) {
      const account = this.#accounts.get(pool)
      if (account !== undefined) account.used += amount
    }
    this.#credit(queue)
  }

  obstacle(queue: WaitingQueue): Wait | undefined {
    if (queue.stopped) return { kind: 'stopped' }
    let kept: Wait | undefined
    for (const { pool, amount } of queue.draws) {
      const account = this.#accounts.get(pool)
      if (account === undefined || amount === 0) continue
      const { limit } = account.pool
      // A limit below one job is a decision that may be taken back; asking for more than there is waits for ever.
      if (amount > limit) return { kind: 'never', pool }
      if (account.used + amount > limit) return { kind: 'lacks', pool, reserved: false }
      if (account.used + account.reserved + amount > limit) kept ??= { kind: 'lacks', pool, reserved: true }
    }
    return kept
  }

  reserve(queue: WaitingQueue, waitedMs: number): void {
    if (waitedMs < reserveAfterMs) return
    for (const { pool, amount } of queue.draws) {
      const account = this.#accounts.get(pool)
      if (account === undefined) continue
      const lacking = account.used + account.reserved + amount > account.pool.limit
      if (lacking || (waitedMs >= reserveAllAfterMs && pool !== slotPool)) account.reserved += amount
    }
  }

  partOf(owner: string): number {
    let part = 0
    for (const [pool, amount] of this.#held.get(owner) ?? []) {
      const limit = this.#accounts.get(pool)?.pool.limit ?? 0
      if (limit > 0) part = Math.max(part, amount / limit)
    }
    return part
  }

  #credit({ submitter, experiment, draws }: Owner): void {
    for (const owner of [submitter, experiment]) {
      const held = this.#held.get(owner) ?? new Map<string, number>()
      this.#held.set(owner, held)
      for (const { pool, amount } of draws)
        if (this.#accounts.get(pool)?.pool.shared === true) held.set(pool, (held.get(pool) ?? 0) + amount)
    }
  }
}

/** Job processes of the host at once; every step takes one. */
export const slotPool = 'host/slots'
