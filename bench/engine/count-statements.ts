import pg from 'pg'

const counts = new Map<string, number>()
const query = pg.Client.prototype.query

/** Counts the statements that this process sends, by their first words. */
export function countStatements(): void {
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: unknown[]) {
    const [first] = parameters
    const text = typeof first === 'string' ? first : ((first as { text?: string } | undefined)?.text ?? '')
    const key = text.replace(/\s+/g, ' ').trim().slice(0, 100)
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return Reflect.apply(query, this, parameters) as never
  } as typeof query
}

/** @returns the statements since the last call, the most frequent first */
export function takeStatements(): { readonly total: number; readonly byText: readonly (readonly [string, number])[] } {
  const byText = [...counts].toSorted((left, right) => right[1] - left[1])
  counts.clear()
  return { total: byText.reduce((sum, [, count]) => sum + count, 0), byText }
}
