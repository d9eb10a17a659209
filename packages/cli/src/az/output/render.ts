import { usage } from '../failure.ts'
import type { Shaped } from './query.ts'
import { renderTable } from './table.ts'
import { renderTsv } from './tsv.ts'

export const formats = ['json', 'jsonc', 'yaml', 'yamlc', 'table', 'tsv', 'none'] as const
export type Format = (typeof formats)[number]

export function formatOf(text: string): Format {
  const found = formats.find((format) => format === text.toLowerCase())
  if (found !== undefined) return found
  const choices = formats.map((format) => `'${format}'`).join(', ')
  throw usage(`argument --output/-o: invalid choice: '${text}' (choose from ${choices})`)
}

/** A result as the original writes it, with its last line end; nothing for a result of nothing. */
export async function render(result: Shaped, format: Format): Promise<string> {
  if (result.value === null || result.value === undefined || format === 'none') return ''
  switch (format) {
    case 'json':
    case 'jsonc':
      return `${JSON.stringify(sorted(result.value), undefined, 2)}\n`
    case 'yaml':
    case 'yamlc':
      return (await import('./yaml.ts')).renderYaml(sorted(result.value))
    case 'table':
      return renderTable(result)
    case 'tsv':
      return renderTsv(result)
  }
}

/** Members by name, in the order of their code points, at every depth. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]))
}
