import { invalidParameter, invalidValue } from '../limits.ts'
import { decodeDouble } from '../metric-values.ts'

/**
 * Reads a request's members as MLflow's server does: unknown ones are ignored, absent and empty are alike for required texts,
 * numbers may come as texts (queries), and messages have the words that clients match.
 */
export class Arguments {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(values: unknown, path = '') {
    this.#values =
      typeof values === 'object' && values !== null && !Array.isArray(values) ? (values as Record<string, unknown>) : {}
    this.#path = path
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null
  }

  raw(name: string): unknown {
    return this.#values[name]
  }

  /** @throws `Missing value for required parameter 'name'` */
  requiredText(name: string, ...alternatives: string[]): string {
    for (const candidate of [name, ...alternatives]) {
      const value = this.text(candidate)
      if (value !== undefined && value !== '') return value
    }
    throw missing(this.#nameOf(name))
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string') return value
    throw invalidValue(value, this.#nameOf(name), `Value was of type '${typeNameOf(value)}'; a string was expected.`)
  }

  integer(name: string): number | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null || value === '') return undefined
    const number = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number)) {
      // Some clients send milliseconds with a fraction.
      const whole = Math.trunc(number)
      if (Number.isSafeInteger(whole)) return whole
    }
    throw invalidValue(value, this.#nameOf(name), `Value was of type '${typeNameOf(value)}'; an integer was expected.`)
  }

  /** An integer within limits. */
  count(name: string, options: { readonly standard: number; readonly minimum?: number; readonly maximum: number }): number {
    const value = this.integer(name) ?? options.standard
    if (value < (options.minimum ?? 1) || value > options.maximum) {
      throw invalidValue(value, this.#nameOf(name), `It must be at least ${options.minimum ?? 1} and at most ${options.maximum}.`)
    }
    return value
  }

  requiredDouble(name: string): number {
    const value = this.#values[name]
    if (value === undefined || value === null) throw missing(this.#nameOf(name))
    const number = decodeDouble(value)
    if (number === undefined)
      throw invalidValue(value, this.#nameOf(name), `Value was of type '${typeNameOf(value)}'; a number was expected.`)
    return number
  }

  boolean(name: string): boolean {
    const value = this.#values[name]
    if (value === undefined || value === null) return false
    if (typeof value === 'boolean') return value
    if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
    throw invalidValue(value, this.#nameOf(name), 'true or false was expected.')
  }

  /** Texts; a single query argument counts as a list of one. */
  texts(name: string): string[] {
    const value = this.#values[name]
    if (value === undefined || value === null) return []
    const items: unknown[] = Array.isArray(value) ? value : [value]
    return items.map((item, index) => {
      if (typeof item === 'string') return item
      throw invalidValue(
        item,
        this.#nameOf(`${name}[${index}]`),
        `Value was of type '${typeNameOf(item)}'; a string was expected.`,
      )
    })
  }

  items(name: string): Arguments[] {
    const value = this.#values[name]
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) throw invalidValue(value, this.#nameOf(name), 'A list was expected.')
    return value.map((item, index) => new Arguments(item, this.#nameOf(`${name}[${index}]`)))
  }

  /** An object member, as a list of one; empty when absent. */
  nested(name: string): Arguments[] {
    return this.has(name) ? [new Arguments(this.#values[name], this.#nameOf(name))] : []
  }

  /** `[{key, value}]`, an absent value being empty. */
  keyValues(name: string): { key: string; value: string }[] {
    return this.items(name).map((item) => ({ key: item.requiredText('key'), value: item.text('value') ?? '' }))
  }

  /** As {@link keyValues}, as a map. */
  map(name: string): Record<string, string> {
    return Object.fromEntries(this.keyValues(name).map(({ key, value }) => [key, value]))
  }

  #nameOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }
}

export function missing(name: string) {
  return invalidParameter(
    `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
    name,
  )
}

function typeNameOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'object' ? 'dict' : 'str'
}
