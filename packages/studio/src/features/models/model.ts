import type { ArmResource } from '../../api.ts'

export interface ColumnSpec {
  readonly name?: string
  readonly type?: string
  readonly required?: boolean
  readonly 'tensor-spec'?: { readonly dtype?: string; readonly shape?: readonly number[] }
}

/** A model version of a workspace or a registry. */
export type ModelVersion = ArmResource<{
  readonly modelType?: string | null
  readonly modelUri?: string | null
  readonly flavors?: Readonly<Record<string, { readonly data?: Readonly<Record<string, string>> }>>
  readonly jobName?: string | null
  readonly description?: string | null
  readonly tags?: Readonly<Record<string, string>>
  readonly stage?: string | null
  readonly digest?: string
  readonly sizeBytes?: number
  readonly fileCount?: number
  readonly author?: string
  readonly runId?: string
  readonly card?: string
  readonly signature?: { readonly inputs?: unknown; readonly outputs?: unknown; readonly params?: unknown }
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly message?: string
    readonly time?: string
  }[]
  readonly provisioningState?: string
}>

/** Columns of one side of a signature; MLflow writes tensors without names. */
export function columnsOf(side: unknown): readonly ColumnSpec[] {
  return Array.isArray(side) ? side.filter((column): column is ColumnSpec => typeof column === 'object' && column !== null) : []
}

/** Type of a column in words: `double`, `tensor float64 [-1, 8]`. */
export function typeOf(column: ColumnSpec): string {
  const tensor = column['tensor-spec']
  return tensor ? `tensor ${tensor.dtype ?? ''} [${(tensor.shape ?? []).join(', ')}]` : (column.type ?? 'any')
}

/** One block of a model card. */
export type CardBlock =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly [string, string])[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }

/** Reads the parts of Markdown that model cards use. Everything else stays text: a card is hostile until shown otherwise. */
export function parseCard(card: string): readonly CardBlock[] {
  const blocks: CardBlock[] = []
  const lines = card.split('\n')
  let position = 0
  const takeWhile = (fits: (line: string) => boolean): string[] => {
    const taken: string[] = []
    while (position < lines.length && fits(lines[position] ?? '')) taken.push(lines[position++] ?? '')
    return taken
  }
  while (position < lines.length) {
    const line = lines[position] ?? ''
    const heading = /^(#{1,4}) (.*)$/.exec(line)
    if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: plain(heading[2] ?? '') })
      position += 1
    } else if (line.startsWith('```')) {
      position += 1
      blocks.push({ kind: 'code', text: takeWhile((next) => !next.startsWith('```')).join('\n') })
      position += 1
    } else if (line.startsWith('|')) {
      const rows = takeWhile((next) => next.startsWith('|')).map(cellsOf)
      const filled = rows.filter((row) => row.some((cell) => cell !== '' && !/^-+$/.test(cell)))
      blocks.push({ kind: 'table', rows: filled.map(([name = '', ...rest]) => [name, rest.join(' | ')] as const) })
    } else if (line.trim() === '') position += 1
    else
      blocks.push({
        kind: 'text',
        text: takeWhile((next) => next.trim() !== '' && !/^(#{1,4} |```|\|)/.test(next))
          .map(plain)
          .join(' '),
      })
  }
  return blocks
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => plain(cell.trim()))
}

/** Without escapes and code marks. */
function plain(text: string): string {
  return text.replace(/`([^`]*)`/g, '$1').replace(/\\([\\`*_[\]<>|#])/g, '$1')
}
