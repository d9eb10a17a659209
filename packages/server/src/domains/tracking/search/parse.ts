import { invalid } from '@fulcrum/contract'
import { filterError, tokenize, type Token } from './tokens.ts'

/** `metrics.auc` → entity `metrics`, key `auc`; a bare word is an attribute. */
export interface Identifier {
  readonly entity: string
  readonly key: string
  readonly at: number
}

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL'

export type Operand =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'list'; readonly items: readonly string[] }

export interface Comparison {
  readonly kind: 'comparison'
  readonly identifier: Identifier
  readonly operator: Operator
  readonly operand: Operand | undefined
}

export type Filter =
  | Comparison
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }

/**
 * MLflow's filter language, and OR, NOT and parentheses as our extension:
 * `filter := and (OR and)*; and := not (AND not)*; not := NOT not | '(' filter ')' | comparison`.
 * @returns `undefined` for an empty filter @throws InvalidRequestContent in MLflow's words, with the position
 */
export function parseFilter(text: string): Filter | undefined {
  if (text.trim() === '') return undefined
  const parser = new FilterParser(text)
  return parser.parse()
}

const maximumDepth = 50

class FilterParser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  parse(): Filter {
    const filter = this.#or()
    if (this.#peek() !== undefined) throw this.#error('Invalid clause(s)')
    return filter
  }

  #or(): Filter {
    const parts = [this.#and()]
    while (this.#takeWord('OR')) parts.push(this.#and())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'or', parts }
  }

  #and(): Filter {
    const parts = [this.#not()]
    while (this.#takeWord('AND')) parts.push(this.#not())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts }
  }

  #not(): Filter {
    this.#depth += 1
    if (this.#depth > maximumDepth) throw this.#error('Invalid clause(s)')
    try {
      if (this.#takeWord('NOT')) return { kind: 'not', part: this.#not() }
      if (!this.#takeSymbol('(')) return this.#comparison()
      const inner = this.#or()
      if (!this.#takeSymbol(')')) throw this.#error('Invalid clause(s)', "A closing ')' is missing.")
      return inner
    } finally {
      this.#depth -= 1
    }
  }

  #comparison(): Comparison {
    const identifier = this.#identifier()
    const operator = this.#operator()
    const operand = operator.startsWith('IS') ? undefined : operator.endsWith('IN') ? this.#list() : this.#value()
    return { kind: 'comparison', identifier, operator, operand }
  }

  #identifier(): Identifier {
    const first = this.#peek()
    if (first === undefined || (first.kind !== 'word' && first.kind !== 'quoted'))
      throw this.#error('Invalid clause(s)', 'A name was expected.')
    this.#next += 1
    if (!this.#takeSymbol('.')) return { entity: 'attribute', key: first.text, at: first.at }
    return { entity: first.text, key: this.#key(), at: first.at }
  }

  /** A key behind the first dot; unquoted, it may hold further dots. */
  #key(): string {
    const parts: string[] = []
    do {
      const token = this.#peek()
      if (token === undefined || token.kind === 'string' || token.kind === 'symbol')
        throw this.#error('Invalid comparison clause', 'A key was expected behind the dot.')
      this.#next += 1
      parts.push(token.text)
      if (token.kind === 'quoted') break
    } while (this.#takeSymbol('.'))
    return parts.join('.')
  }

  #operator(): Operator {
    const token = this.#peek()
    if (token === undefined) throw this.#error('Invalid clause(s)', 'A comparison was expected.')
    this.#next += 1
    const word = token.text.toUpperCase()
    if (token.kind === 'symbol' && ['=', '!=', '<>', '<', '<=', '>', '>='].includes(token.text))
      return (token.text === '<>' ? '!=' : token.text) as Operator
    if (word === 'LIKE' || word === 'ILIKE' || word === 'IN') return word
    if (word === 'NOT' && this.#takeWord('IN')) return 'NOT IN'
    if (word === 'IS') {
      const negated = this.#takeWord('NOT')
      if (this.#takeWord('NULL')) return negated ? 'IS NOT NULL' : 'IS NULL'
    }
    throw filterError(
      'Invalid comparator',
      this.#text,
      token.at,
      'Valid comparators are =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL.',
    )
  }

  #value(): Operand {
    const token = this.#peek()
    if (token === undefined || (token.kind !== 'string' && token.kind !== 'number')) {
      throw this.#error('Invalid comparison clause', 'Expected a quoted string value or a number.')
    }
    this.#next += 1
    return token.kind === 'string' ? { kind: 'string', text: token.text } : { kind: 'number', value: Number(token.text) }
  }

  #list(): Operand {
    if (!this.#takeSymbol('(')) throw this.#error('Invalid comparison clause', 'A list in parentheses was expected.')
    const items: string[] = []
    do {
      const token = this.#peek()
      if (token === undefined || (token.kind !== 'string' && token.kind !== 'number'))
        throw this.#error('Invalid comparison clause', 'A quoted string was expected in the list.')
      this.#next += 1
      items.push(token.text)
    } while (this.#takeSymbol(','))
    if (!this.#takeSymbol(')')) throw this.#error('Invalid comparison clause', "A closing ')' is missing.")
    return { kind: 'list', items }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next]
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'word' || token.text.toUpperCase() !== word) return false
    this.#next += 1
    return true
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'symbol' || token.text !== symbol) return false
    this.#next += 1
    return true
  }

  #error(beginning: string, hint = '') {
    return filterError(beginning, this.#text, this.#peek()?.at ?? this.#text.length, hint)
  }
}

export interface OrderTerm {
  readonly identifier: Identifier
  readonly descending: boolean
}

/** One `ident [ASC|DESC]`. @throws InvalidRequestContent */
export function parseOrder(text: string): OrderTerm {
  const match = /^(.*?)(?:\s+(asc|desc))?\s*$/is.exec(text.trim())
  const [, name = '', direction] = match ?? []
  const tokens = tokenize(name)
  const [first, dot, ...rest] = tokens
  const descending = direction?.toLowerCase() === 'desc'
  if (first !== undefined && (first.kind === 'word' || first.kind === 'quoted')) {
    if (dot === undefined) return { identifier: { entity: 'attribute', key: first.text, at: 0 }, descending }
    if (
      dot.text === '.' &&
      rest.length > 0 &&
      rest.every(({ kind, text: part }) => kind !== 'string' && (kind !== 'symbol' || part === '.'))
    ) {
      return { identifier: { entity: first.text, key: rest.map(({ text: part }) => part).join(''), at: 0 }, descending }
    }
    if (first.kind === 'word' && dot.kind === 'word' && rest.length === 0)
      return { identifier: { entity: 'attribute', key: `${first.text} ${dot.text}`, at: 0 }, descending }
  }
  throw invalid(`Invalid order_by clause '${text}'. Expected '<name> [ASC|DESC]', such as 'metrics.auc DESC'.`, {
    target: 'order_by',
  })
}
