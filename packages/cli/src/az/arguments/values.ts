import { usage } from '../failure.ts'

export type Value = string | boolean | readonly string[]

/** What the command line gave, by the long name of the option. */
export class Values {
  readonly #given: ReadonlyMap<string, Value>
  /** Words that belong to no option. */
  readonly words: readonly string[]

  constructor(given: ReadonlyMap<string, Value>, words: readonly string[] = []) {
    this.#given = given
    this.words = words
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  text(name: string): string | undefined {
    const value = this.#given.get(name)
    if (Array.isArray(value)) return value.join(' ')
    return value === undefined ? undefined : String(value)
  }

  need(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw usage(`the following arguments are required: --${name}`)
    return value
  }

  flag(name: string): boolean {
    return this.#given.get(name) === true
  }

  /** A flag that may say false; undefined when it was not given. */
  truth(name: string): boolean | undefined {
    const value = this.#given.get(name)
    return typeof value === 'boolean' ? value : undefined
  }

  number(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : Number(value)
  }

  list(name: string): readonly string[] {
    const value = this.#given.get(name)
    if (value === undefined || typeof value === 'boolean') return []
    return typeof value === 'string' ? [value] : value
  }

  /** `a=1 b=2` in one value or in several. @throws a usage failure that names the pair without `=` */
  pairs(name: string): Record<string, string> | undefined {
    if (!this.has(name)) return undefined
    const pairs = this.list(name).flatMap((text) => text.split(/\s+(?=[^\s=]+=)/))
    return Object.fromEntries(pairs.filter((pair) => pair.trim() !== '').map((pair) => parsePair(pair.trim(), name)))
  }
}

function parsePair(pair: string, name: string): [string, string] {
  const equals = pair.indexOf('=')
  if (equals < 1) throw usage(`argument --${name}: '${pair}' is no pair; write key=value.`)
  return [pair.slice(0, equals), pair.slice(equals + 1)]
}
