import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseUnavailableError } from '../../kernel/db/database-errors.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** How long an item that is in no hurry waits for company. */
const patienceMs = 25
/** Where so many came together in the last batch, the next one gathers for a moment: fewer and larger batches cost less. */
const crowd = 4
const gatherMs = 4

/**
 * Group commit: what is added while a batch is at work waits and goes together in the next one, in the order of adding. Alone, an item
 * waits for nobody, unless it is in no hurry. One item's trouble is not the others': a batch that fails is done again item by item.
 */
export class Batcher<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #limit: number
  #waiting: Waiting<Item, Result>[] = []
  #working = false
  #hurried = false
  #patience: NodeJS.Timeout | undefined

  /** @param work gives one result for each item, in their order; all of it happens or, when it throws, nothing */
  constructor(work: (items: readonly Item[]) => Promise<readonly Result[]>, limit = 100) {
    this.#work = work
    this.#limit = limit
  }

  add(item: Item): Promise<Result> {
    this.#hurried = true
    return this.#push(item)
  }

  /** As {@link add}, for what nobody waits for: it goes with the next item that is in a hurry, or alone after a moment. */
  addUnhurried(item: Item): Promise<Result> {
    return this.#push(item)
  }

  #push(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#startWhenDue()
    })
  }

  #startWhenDue(): void {
    if (this.#working || this.#waiting.length === 0) return
    if (!this.#hurried) {
      this.#patience ??= setTimeout(() => this.#start(), patienceMs)
      return
    }
    this.#working = true
    // What the same turn of the event loop still adds comes along.
    setImmediate(() => void this.#run())
  }

  #start(): void {
    this.#patience = undefined
    this.#hurried = true
    this.#startWhenDue()
  }

  async #run(): Promise<void> {
    clearTimeout(this.#patience)
    this.#patience = undefined
    let previous = 0
    while (this.#hurried) {
      if (previous >= crowd && this.#waiting.length < this.#limit) await delay(gatherMs)
      const batch = this.#waiting.splice(0, this.#limit)
      previous = batch.length
      this.#hurried = this.#waiting.length > 0
      if (!(await this.#settle(batch))) for (const entry of batch) await this.#settle([entry])
    }
    this.#working = false
    this.#startWhenDue()
  }

  /** @returns false when each item should be tried alone */
  async #settle(batch: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await this.#work(batch.map((entry) => entry.item))
      for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result)
    } catch (error) {
      if (batch.length > 1 && !(error instanceof DatabaseUnavailableError)) return false
      for (const entry of batch) entry.reject(error)
    }
    return true
  }
}
