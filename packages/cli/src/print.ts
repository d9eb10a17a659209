import type { GlobalOptions } from './program-options.ts'
import { UsageError } from './cli-errors.ts'

const formats = ['json', 'yaml', 'table', 'tsv', 'none'] as const
type Format = (typeof formats)[number]

/** Prints a result in the format of `-o`, after `--query`. On a terminal the default is a table, else JSON. */
export async function print(value: unknown, options: GlobalOptions): Promise<void> {
  const format = formatOf(options.output, process.stdout.isTTY)
  const selected = options.query === undefined ? value : await applyQuery(value, options.query)
  const text = await render(selected, format)
  if (text !== '') process.stdout.write(`${text}\n`)
}

export function formatOf(wanted: string | undefined, isTerminal: boolean): Format {
  if (wanted === undefined) return isTerminal ? 'table' : 'json'
  const found = formats.find((format) => format === wanted || (wanted === 'jsonc' && format === 'json'))
  if (found === undefined) throw new UsageError(`Unknown output format '${wanted}'. Formats: ${formats.join(', ')}.`)
  return found
}

export async function applyQuery(value: unknown, query: string): Promise<unknown> {
  const { search } = (await import('jmespath')).default
  try {
    return search(JSON.parse(JSON.stringify(value ?? null)), query)
  } catch (error) {
    throw new UsageError(`--query '${query}' is not valid JMESPath: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export async function render(value: unknown, format: Format): Promise<string> {
  switch (format) {
    case 'json':
      return JSON.stringify(value ?? null, undefined, 2)
    case 'yaml':
      return (await import('yaml')).stringify(value ?? null).trimEnd()
    case 'table':
      return (await import('./output/table.ts')).renderTable(value)
    case 'tsv':
      return (await import('./output/table.ts')).renderTsv(value)
    case 'none':
      return ''
  }
}
