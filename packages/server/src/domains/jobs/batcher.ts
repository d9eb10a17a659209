import { DatabaseUnavailableError } from '../../kernel/db/database-errors.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: what is added while a batch is at work waits and goes together in the next one, in the order of adding. Alone, an item
 * waits for nobody. One item's trouble is not the others': a batch that fails is done again item by item.
 */
export class Batcher<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #limit: number
  #waiting: Waiting<Item, Result>[] = []
  #working = false

  /** @param work gives one result for each item, in their order; all of it happens or, when it throws, nothing */
  constructor(work: (items: readonly Item[]) => Promise<readonly Result[]>, limit = 100) {
    this.#work = work
    this.#limit = limit
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#working) return
      this.#working = true
      // What the same turn of the event loop still adds comes along.
      setImmediate(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limit)
      if (!(await this.#settle(batch))) for (const entry of batch) await this.#settle([entry])
    }
    this.#working = false
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
