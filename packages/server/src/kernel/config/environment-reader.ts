import { isIP } from 'node:net'
import { nearest } from '@fulcrum/contract'
import { defaultOf, type Environment } from './variables.ts'

interface IntegerRules {
  readonly minimum: number
  readonly maximum: number
  /** For a default that depends on the host. */
  readonly fallback?: number
}

const guidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const hostNamePattern = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/i

/** Reads variables by type and collects what is wrong with them, so that all mistakes are told at once. An empty value is none. */
export class EnvironmentReader {
  readonly #env: Environment
  readonly #problems: string[] = []

  constructor(env: Environment) {
    this.#env = env
  }

  text(name: string, fallback: string): string {
    return this.#read(name) ?? fallback
  }

  integer(name: string, { minimum, maximum, fallback }: IntegerRules): number {
    const value = fallback ?? Number(defaultOf(name))
    const text = this.#read(name)
    if (text === undefined) return value
    const given = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (given >= minimum && given <= maximum) return given
    return this.#wrong({ name, text, expected: `a whole number from ${minimum} to ${maximum}` }, value)
  }

  oneOf<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const text = this.#read(name) ?? defaultOf(name)
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    const meant = nearest(text, choices)
    const expected = `one of ${choices.join(', ')}${meant === undefined ? '' : ` (did you mean '${meant}'?)`}`
    return this.#wrong({ name, text, expected }, choices[0])
  }

  list(name: string, separator: string): string[] {
    const entries = (this.#read(name) ?? '').split(separator).map((entry) => entry.trim())
    return entries.filter((entry) => entry !== '')
  }

  /** An address to listen on. */
  host(name: string): string {
    const text = this.#read(name) ?? defaultOf(name)
    if (isIP(text) !== 0 || hostNamePattern.test(text)) return text
    return this.#wrong({ name, text, expected: 'an IP address or a host name, without scheme and port' }, defaultOf(name))
  }

  /** Names for comparison with a Host header: lower case, without ports. */
  hostNames(name: string): string[] {
    return this.list(name, ',').map((text) => {
      if (isIP(text) !== 0 || hostNamePattern.test(text)) return text.toLowerCase()
      return this.#wrong({ name, text, expected: 'host names separated by commas, without scheme, port and wildcard' }, text)
    })
  }

  guid(name: string): string {
    const text = this.#read(name) ?? defaultOf(name)
    return guidPattern.test(text) ? text.toLowerCase() : this.#wrong({ name, text, expected: 'a GUID' }, defaultOf(name))
  }

  /** The value may hold a password, so messages do not repeat it. */
  databaseUrl(name: string): string | undefined {
    const text = this.#read(name)
    if (text === undefined) return undefined
    const protocol = URL.canParse(text) ? new URL(text).protocol : undefined
    if (protocol === 'postgresql:' || protocol === 'postgres:') return text
    const form = 'postgresql://user:password@host:5432/database'
    this.problem(`${name} is not a PostgreSQL URL; it must have the form ${form}, with special characters percent-encoded.`)
    return undefined
  }

  problem(message: string): void {
    this.#problems.push(message)
  }

  /** @throws Error when there were problems */
  throwProblems(): void {
    if (this.#problems.length > 0) throw new Error(`The configuration is not usable:\n  ${this.#problems.join('\n  ')}`)
  }

  #read(name: string): string | undefined {
    const text = this.#env[name]?.trim()
    return text === '' ? undefined : text
  }

  #wrong<T>({ name, text, expected }: { name: string; text: string; expected: string }, fallback: T): T {
    this.problem(`${name} is '${text}'; it must be ${expected}.`)
    return fallback
  }
}
