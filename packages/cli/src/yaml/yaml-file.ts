import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { nearest } from '@fulcrum/contract'
import { YamlError } from './yaml-error.ts'

type Path = readonly (string | number)[]
type Mapping = Readonly<Record<string, unknown>>

/** A parsed file that knows where each of its members stands. */
export class YamlFile {
  readonly path: string
  readonly text: string
  readonly #document: Document
  readonly #lines: LineCounter
  readonly value: unknown

  constructor(path: string, text: string, changes: readonly (readonly [string, string])[] = []) {
    this.path = path
    this.text = text
    this.#lines = new LineCounter()
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true })
    const placeholder = /(?<![$"'\w])\{\{\s*\w+\s*\}\}/.exec(text)
    if (placeholder !== null) {
      throw new YamlError(
        `${this.#place(placeholder.index)} ${placeholder[0]} is a placeholder; replace it before the file is used.`,
      )
    }
    const [problem] = this.#document.errors
    if (problem !== undefined) throw new YamlError(`${this.#place(problem.pos[0])} ${problem.message.split('\n')[0]}`)
    for (const [key, value] of changes) this.#document.setIn(key.split('.'), parseDocument(value).toJS() ?? value)
    this.value = this.#document.toJS({ maxAliasCount: 100 })
  }

  get directory(): string {
    return dirname(this.path)
  }

  /** `file:line:col` of a member: of its key, or of its value. */
  placeOf(path: Path, part: 'key' | 'value'): string {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = this.#offset(path.slice(0, length), part)
      if (offset !== undefined) return this.#place(offset)
    }
    return this.#place(0)
  }

  #offset(path: Path, part: 'key' | 'value'): number | undefined {
    if (part === 'key' && path.length > 0) {
      const parent = path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true)
      const pair = isMap(parent)
        ? parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(path.at(-1)))
        : undefined
      const key = pair?.key
      if (isScalar(key) && key.range) return key.range[0]
    }
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    return Array.isArray(range) ? Number(range[0]) : undefined
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.path}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
}

/** Reads and parses a file; `changes` are the `a.b.c=value` of `--set`, made before anything is checked. @throws YamlError */
export async function readYamlFile(path: string, changes: readonly string[] = []): Promise<YamlFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new YamlError(
      `${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.code === 'EISDIR' ? 'this is a folder, a YAML file is needed' : error.message}.`,
    )
  })
  return new YamlFile(path, text, changes.map(parseChange))
}

function parseChange(change: string): readonly [string, string] {
  const equals = change.indexOf('=')
  if (equals < 1) throw new YamlError(`--set ${change}: write it as a.b.c=value.`)
  return [change.slice(0, equals), change.slice(equals + 1)]
}

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
    return this.path.length === 0 ? basename(this.file.path) : String(this.path.at(-1))
  }

  fail(message: string, part: 'key' | 'value' = 'value'): YamlError {
    return new YamlError(`${this.file.placeOf(this.path, part)} ${message}`)
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
    for (const key of Object.keys(this.mapping())) {
      if (known.includes(key)) continue
      const hint = nearest(key, known)
      const message =
        hint === undefined
          ? `unknown key '${key}'; known here: ${known.join(', ')}.`
          : `unknown key '${key}'; did you mean '${hint}'?`
      throw new YamlError(`${this.file.placeOf([...this.path, key], 'key')} ${message}`)
    }
    return this
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

  /** Text; numbers and dates are taken as they are written. */
  text(): string {
    if (typeof this.value === 'string') return this.value
    if (typeof this.value === 'number' || typeof this.value === 'boolean') return String(this.value)
    throw this.fail(`'${this.name}' must be text.`)
  }

  number(): number {
    const value = typeof this.value === 'string' ? Number(this.value) : this.value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw this.fail(`'${this.name}' must be a number.`)
  }

  boolean(): boolean {
    if (typeof this.value === 'boolean') return this.value
    throw this.fail(`'${this.name}' must be true or false.`)
  }

  /** One of a few words, without regard to case. */
  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const text = this.text()
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (found !== undefined) return found
    const hint = nearest(text, choices)
    throw this.fail(
      `'${this.name}' is '${text}'; ${hint === undefined ? `it must be one of ${choices.join(', ')}` : `did you mean '${hint}'`}${hint === undefined ? '.' : '?'}`,
    )
  }

  texts(): Record<string, string> {
    return Object.fromEntries(this.entries().map(([key, entry]) => [key, entry.value === null ? '' : entry.text()]))
  }
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
