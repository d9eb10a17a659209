import { invalid } from '@fulcrum/contract'

/** Template expressions of Azure Resource Manager: `[concat(parameters('name'), '-x')]`, as a tree. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: Expression }

const maximumLength = 24_576
const maximumDepth = 64

/** Whether a text is an expression; `[[` begins a text that only looks like one. */
export function isExpression(text: string): boolean {
  return text.startsWith('[') && text.endsWith(']') && !text.startsWith('[[')
}

/** @throws InvalidRequestContent with the position of the mistake */
export function parseExpression(text: string): Expression {
  if (text.length > maximumLength) throw invalid(`A template expression is longer than ${maximumLength} characters.`)
  const parser = new Parser(text.slice(1, -1))
  const expression = parser.expression(0)
  parser.end()
  return expression
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  expression(depth: number): Expression {
    if (depth > maximumDepth) this.#fail(`nested deeper than ${maximumDepth} levels`)
    let found = this.#primary(depth)
    for (;;) {
      if (this.#take('.')) found = { kind: 'member', of: found, name: { kind: 'literal', value: this.#word() } }
      else if (this.#take('[')) {
        found = { kind: 'member', of: found, name: this.expression(depth + 1) }
        this.#expect(']')
      } else return found
    }
  }

  end(): void {
    this.#blanks()
    if (this.#at < this.#text.length) this.#fail('something follows the expression')
  }

  #primary(depth: number): Expression {
    this.#blanks()
    const rest = this.#text.slice(this.#at)
    const [number] = /^-?\d+/.exec(rest) ?? []
    if (number !== undefined) {
      this.#at += number.length
      return { kind: 'literal', value: Number(number) }
    }
    const [quoted] = /^'(?:[^']|'')*'/.exec(rest) ?? []
    if (quoted !== undefined) {
      this.#at += quoted.length
      return { kind: 'literal', value: quoted.slice(1, -1).replaceAll("''", "'") }
    }
    const name = this.#word()
    this.#expect('(')
    return { kind: 'call', name, arguments: this.#arguments(depth) }
  }

  #arguments(depth: number): Expression[] {
    const found: Expression[] = []
    if (this.#take(')')) return found
    do found.push(this.expression(depth + 1))
    while (this.#take(','))
    this.#expect(')')
    return found
  }

  #word(): string {
    this.#blanks()
    const [word] = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(this.#at)) ?? []
    if (word === undefined) return this.#fail('a name is missing')
    this.#at += word.length
    return word
  }

  #take(character: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`'${character}' is missing`)
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1
  }

  #fail(what: string): never {
    throw invalid(
      `The template expression '[${this.#text.slice(0, 200)}]' is not readable: ${what} at character ${this.#at + 2}.`,
      {
        target: 'properties.template',
      },
    )
  }
}
