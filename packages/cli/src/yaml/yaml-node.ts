import { nearest } from '@fulcrum/contract'
import { YamlError } from './yaml-error.ts'
import type { Path, YamlFile } from './yaml-file.ts'

type Mapping = Readonly<Record<string, unknown>>

/** A member of a file, read with its mistakes told in place. */
export class YamlNode {
  readonly file: YamlFile
  readonly path: Path
  readonly value: unknown

  constructor(file: YamlFile, path: Path = [], value: unknown = file.value) {
    this.file = file
    this.path = path
    this.value = value
  }

  get name(): string {
    return this.path.length === 0 ? this.file.path.slice(this.file.path.lastIndexOf('/') + 1) : String(this.path.at(-1))
  }

  place(part: 'key' | 'value' = 'value'): string {
    return this.file.placeOf(this.path, part)
  }

  fail(message: string, part: 'key' | 'value' = 'value'): YamlError {
    return new YamlError(`${this.place(part)} ${message}`)
  }

  isMapping(): boolean {
    return isMapping(this.value)
  }

  mapping(): Mapping {
    if (isMapping(this.value)) return this.value
    throw this.fail(`'${this.name}' must be a mapping of keys and values.`)
  }

  /** Refuses keys outside `known`, with the nearest of them. */
  only(known: readonly string[]): this {
    for (const key of Object.keys(this.mapping())) if (!known.includes(key)) throw new YamlError(this.unknownKey(key, known))
    return this
  }

  /** The line about a key that is not known here. */
  unknownKey(key: string, known: readonly string[]): string {
    const hint = nearest(key, known)
    const rest = hint === undefined ? `; known here: ${known.join(', ')}.` : `; did you mean '${hint}'?`
    return `${this.file.placeOf([...this.path, key], 'key')} unknown key '${key}'${rest}`
  }

  /** A member, unless it is absent or null. */
  get(key: string): YamlNode | undefined {
    const value = this.mapping()[key]
    return value === undefined || value === null ? undefined : new YamlNode(this.file, [...this.path, key], value)
  }

  need(key: string): YamlNode {
    const found = this.get(key)
    if (found !== undefined) return found
    const hint = nearest(key, Object.keys(this.mapping()))
    throw this.fail(`'${key}' is missing${hint === undefined ? '' : `; did you mean it by '${hint}'?`}.`, 'key')
  }

  /** Every member, null ones included. */
  entries(): [string, YamlNode][] {
    return Object.entries(this.mapping()).map(([key, value]) => [key, new YamlNode(this.file, [...this.path, key], value)])
  }

  items(): YamlNode[] {
    if (!Array.isArray(this.value)) throw this.fail(`'${this.name}' must be a list.`)
    return this.value.map((value, index) => new YamlNode(this.file, [...this.path, index], value))
  }

  /** A scalar as it is written in the file. */
  source(): string | undefined {
    return this.file.sourceOf(this.path)
  }

  /** Text; numbers are taken as they are written: `version: 1.10` is `1.10`. */
  text(): string {
    if (typeof this.value === 'string') return this.value
    if (typeof this.value === 'number' || typeof this.value === 'boolean') return this.source() ?? String(this.value)
    throw this.fail(`'${this.name}' must be text.`)
  }

  number(): number {
    const value = typeof this.value === 'string' && this.value.trim() !== '' ? Number(this.value) : this.value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw this.fail(`'${this.name}' must be a number.`)
  }

  integer(): number {
    const value = this.number()
    if (Number.isInteger(value)) return value
    throw this.fail(`'${this.name}' must be a whole number.`)
  }

  boolean(): boolean {
    if (typeof this.value === 'boolean') return this.value
    const word = typeof this.value === 'string' ? this.value.toLowerCase() : ''
    if (word === 'true' || word === 'false') return word === 'true'
    throw this.fail(`'${this.name}' must be true or false.`)
  }

  /** One of a few words, without regard to case. */
  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const text = this.text()
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (found !== undefined) return found
    const hint = nearest(text, choices)
    throw this.fail(
      `'${this.name}' is '${text}'; ${hint === undefined ? `it must be one of ${choices.join(', ')}.` : `did you mean '${hint}'?`}`,
    )
  }
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
