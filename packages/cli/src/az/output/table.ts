import type { Shaped } from './query.ts'
import { pythonText } from './tsv.ts'

const skipped = new Set(['id', 'type', 'etag'])
type Row = ReadonlyMap<string, unknown>

/**
 * Columns for people: scalar members only, never `id`, `type` and `etag`; sorted by name unless a query chose them.
 * @see knack's output.py and tabulate's format `simple`
 */
export function renderTable(result: Shaped): string {
  const rows = (Array.isArray(result.value) ? (result.value as unknown[]) : [result.value]).map((row) => rowOf(row, result))
  if (rows.length === 0) return '\n'
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))]
  if (names.length === 0) return '\n'
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row.get(name))))]
  // tabulate leaves two columns of air around headings.
  const widths = names.map((name, column) => Math.max(name.length + 2, ...lines.map((line) => (line[column] ?? '').length)))
  const text = lines.map((line) =>
    line
      .map((entry, column) => entry.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  text.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return `${text.join('\n')}\n`
}

function rowOf(row: unknown, result: Shaped): Row {
  if (Array.isArray(row)) return new Map(row.map((value, index) => [`Column${index + 1}`, value as unknown]))
  if (typeof row !== 'object' || row === null) return new Map([['Result', row]])
  const entries = Object.entries(row)
  const inOrder = result.isQueried ? entries : entries.toSorted(([left], [right]) => (left < right ? -1 : 1))
  const scalars = inOrder.filter(
    ([name, value]) => !skipped.has(name) && value !== null && value !== undefined && typeof value !== 'object',
  )
  return new Map(scalars.map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value as unknown]))
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : pythonText(value)
}
