import { invalid, type AppError } from '@fulcrum/contract'

export type Token =
  | { readonly kind: 'word' | 'quoted' | 'string' | 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }

/** @returns an error of MLflow's wording, with the position (from 1) */
export function filterError(beginning: string, text: string, at: number, hint = ''): AppError {
  return invalid(
    `${beginning} in filter string: '${text.slice(at, at + 60)}' at position ${at + 1}.${hint === '' ? '' : ` ${hint}`}`,
    { target: 'filter' },
  )
}

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w])/y],
  ['word', /[A-Za-z_][\w\-/]*/y],
  ['symbol', />=|<=|!=|<>|[=<>(),.]/y],
]

/** Splits a filter or an order clause. Names may be in backticks or, behind a dot, in double quotes. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at] ?? ''
    if (/\s/.test(character)) {
      at += 1
      continue
    }
    const token = '`\'"'.includes(character) ? quoted(text, at, tokens.at(-1)) : plain(text, at)
    tokens.push(token.token)
    at = token.end
  }
  return tokens
}

function quoted(text: string, at: number, previous: Token | undefined): { token: Token; end: number } {
  const quote = text[at] ?? ''
  const end = text.indexOf(quote, at + 1)
  if (end < 0) throw filterError('Invalid clause(s)', text, at, `The quote ${quote} is not closed.`)
  const isName = quote === '`' || (quote === '"' && previous?.kind === 'symbol' && previous.text === '.')
  return { token: { kind: isName ? 'quoted' : 'string', text: text.slice(at + 1, end), at }, end: end + 1 }
}

function plain(text: string, at: number): { token: Token; end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) return { token: { kind, text: match[0], at } as Token, end: at + match[0].length }
  }
  throw filterError('Invalid clause(s)', text, at)
}
