import type { Shaped } from './query.ts'

/**
 * One row per entry, tab-separated, without headings: lists as their length, mappings as nothing, absent values as Python writes them.
 * @see knack's output.py, which scripts read by
 */
export function renderTsv(result: Shaped): string {
  const rows = Array.isArray(result.value) ? (result.value as unknown[]) : [result.value]
  return rows.map((row) => `${rowOf(row, result)}\n`).join('')
}

function rowOf(row: unknown, result: Shaped): string {
  if (typeof row === 'boolean') return String(row)
  if (typeof row !== 'object' || row === null) return cell(row)
  const values = Array.isArray(row) ? (row as unknown[]) : membersOf(row, result)
  return values.map(cell).join('\t')
}

function membersOf(row: object, result: Shaped): unknown[] {
  const entries = Object.entries(row)
  const inOrder = result.isMade(row) ? entries : entries.toSorted(([left], [right]) => (left < right ? -1 : 1))
  return inOrder.map(([, value]) => value as unknown)
}

function cell(value: unknown): string {
  if (Array.isArray(value)) return String(value.length)
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'object') return ''
  return pythonText(value)
}

/** A scalar as Python's `str` writes it. */
export function pythonText(value: unknown): string {
  if (value === true) return 'True'
  if (value === false) return 'False'
  return String(value)
}
