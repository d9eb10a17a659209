import pg from 'pg'

interface Spent {
  count: number
  waitedMs: number
}

const spent = new Map<string, Spent>()
const query = pg.Client.prototype.query

/** Counts the statements that this process sends, by their first words, and the time until each was answered. */
export function countStatements(): void {
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: unknown[]) {
    const [first] = parameters
    const text = typeof first === 'string' ? first : ((first as { text?: string } | undefined)?.text ?? '')
    const key = text.replace(/\s+/g, ' ').trim().slice(0, 100)
    const entry = spent.get(key) ?? { count: 0, waitedMs: 0 }
    spent.set(key, entry)
    entry.count += 1
    const from = performance.now()
    const answer: unknown = Reflect.apply(query, this, parameters)
    if (answer instanceof Promise) answer.finally(() => (entry.waitedMs += performance.now() - from)).catch(() => undefined)
    return answer as never
  } as typeof query
}

/** @returns the statements since the last call, those first that were waited for the longest */
export function takeStatements(): { readonly total: number; readonly byText: readonly (readonly [string, Spent])[] } {
  const byText = [...spent].toSorted((left, right) => right[1].waitedMs - left[1].waitedMs)
  spent.clear()
  return { total: byText.reduce((sum, [, { count }]) => sum + count, 0), byText }
}
