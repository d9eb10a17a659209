/** How often a statement comes before it is worth being kept, and how many are kept by each connection at most. */
const worthKeepingAfter = 5
const keptAtMost = 300

const planned = /^\s*(select|with|insert|update|delete)\b/i

/**
 * Names for statements that come again and again: PostgreSQL parses and plans a named statement once for each connection, which costs
 * several times what running it does. Texts that vary (lists of any length, say) never come often enough to be named.
 */
export class StatementNames {
  readonly #counts = new Map<string, number>()
  readonly #names = new Map<string, string>()

  /** @returns `undefined` for a statement that is to be sent as it is */
  nameOf(text: string): string | undefined {
    // `begin`, `commit` and the like have no plan.
    if (!planned.test(text)) return undefined
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= keptAtMost) return undefined
    const count = (this.#counts.get(text) ?? 0) + 1
    if (count < worthKeepingAfter) {
      // What is counted is forgotten from time to time: rare texts must not gather.
      if (this.#counts.size >= 10 * keptAtMost) this.#counts.clear()
      this.#counts.set(text, count)
      return undefined
    }
    this.#counts.delete(text)
    const name = `fulcrum-${this.#names.size + 1}`
    this.#names.set(text, name)
    return name
  }
}
