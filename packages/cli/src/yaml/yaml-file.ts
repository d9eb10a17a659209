import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document, type Tags } from 'yaml'
import { YamlError } from './yaml-error.ts'

export type Path = readonly (string | number)[]

export interface YamlOptions {
  /** `a.b.c=value` of `--set`: edits made before anything is checked; list items by index. */
  readonly set?: readonly string[] | undefined
  /** Top-level members that win over the file's. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined
  /** Azure's files are YAML 1.1, as Python reads them (`yes` is true); ours are 1.2, which is the default. */
  readonly version?: '1.1' | '1.2'
}

const maximumCharacters = 1024 * 1024
const maximumDepth = 64
const tooDeep = `nested deeper than ${maximumDepth} levels.`
const maximumAliases = 100

/**
 * What PyYAML takes plain text for. Of YAML 1.1's truth values it leaves out the single letters, so `n` stays a name; and
 * dates stay as they are written.
 */
function pythonTags(tags: Tags): Tags {
  return tags
    .filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':timestamp'))
    .map((tag) => (typeof tag !== 'string' && 'test' in tag && tag.test?.test('y') ? { ...tag, test: yesWords } : tag))
    .map((tag) => (typeof tag !== 'string' && 'test' in tag && tag.test?.test('n') ? { ...tag, test: noWords } : tag))
}

const yesWords = /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/
const noWords = /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/

/** A parsed file that knows where each of its members stands. Files are taken as hostile: size, depth and aliases are limited. */
export class YamlFile {
  readonly path: string
  readonly value: unknown
  readonly #document: Document
  readonly #lines = new LineCounter()

  /** @throws YamlError text that is no YAML, or more than a file of this kind may hold */
  constructor(path: string, text: string, options: YamlOptions = {}) {
    this.path = path
    if (text.length > maximumCharacters)
      throw new YamlError(`${path}:1:1 the file is larger than ${maximumCharacters} characters, too large for a description.`)
    try {
      this.#document = parseDocument(text, {
        version: options.version ?? '1.2',
        customTags: pythonTags,
        lineCounter: this.#lines,
        prettyErrors: false,
        uniqueKeys: true,
        logLevel: 'error',
      })
      this.#refuseProblems(text)
      for (const change of options.set ?? []) this.#change(change)
      for (const [key, value] of Object.entries(options.overrides ?? {})) this.#document.setIn([key], value)
      this.value = this.#document.toJS({ maxAliasCount: maximumAliases })
      refuseDepth(this.value, this, [])
    } catch (error) {
      if (error instanceof YamlError) throw error
      // The library throws at some attacks, e.g. at aliases of aliases or a nesting that exhausts the stack.
      throw new YamlError(`${path}:1:1 ${error instanceof RangeError ? tooDeep : `${messageOf(error)}.`}`)
    }
  }

  /** Folder of the file, which relative paths start at. */
  get directory(): string {
    const slash = this.path.lastIndexOf('/')
    return slash < 0 ? '.' : slash === 0 ? '/' : this.path.slice(0, slash)
  }

  /** `file:line:col` of a member: of its key, or of its value. */
  placeOf(path: Path, part: 'key' | 'value'): string {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = this.#offset(path.slice(0, length), part)
      if (offset !== undefined) return this.#place(offset)
    }
    return this.#place(0)
  }

  /** A scalar as it is written, e.g. `1.10` where its value is 1.1. */
  sourceOf(path: Path): string | undefined {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    return isScalar(node) ? node.source : undefined
  }

  #refuseProblems(text: string): void {
    const placeholder = /(?<![$"'\w])\{\{\s*\w+\s*\}\}/.exec(text)
    if (placeholder !== null) {
      throw new YamlError(
        `${this.#place(placeholder.index)} ${placeholder[0]} is a placeholder; replace it before the file is used.`,
      )
    }
    const [problem] = this.#document.errors
    if (problem === undefined) return
    // What the library says of a nesting that exhausts the stack.
    const message = /call stack/i.test(problem.message) ? tooDeep : problem.message.split('\n')[0]
    throw new YamlError(`${this.#place(problem.pos[0])} ${message}`)
  }

  #change(change: string): void {
    const equals = change.indexOf('=')
    if (equals < 1) throw new YamlError(`--set ${change}: write it as a.b.c=value.`)
    const value = change.slice(equals + 1)
    const path = change.slice(0, equals).split('.')
    for (let length = 1; length < path.length; length += 1) {
      const found = this.#document.getIn(path.slice(0, length))
      if (found === null || found === undefined) this.#document.setIn(path.slice(0, length), this.#document.createNode({}))
      else if (typeof found !== 'object')
        throw new YamlError(`--set ${change}: '${path.slice(0, length).join('.')}' holds a single value, not members.`)
    }
    // A value may be any YAML, e.g. `[1, 2]`; what is no YAML is text.
    const parsed = parseDocument(value, { version: '1.1', customTags: pythonTags, logLevel: 'silent' })
    const node = parsed.errors.length > 0 || value.trim() === '' ? value : parsed.contents
    try {
      this.#document.setIn(path, node)
    } catch (error) {
      throw new YamlError(`--set ${change}: ${messageOf(error)}.`)
    }
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

function refuseDepth(value: unknown, file: YamlFile, path: Path): void {
  if (typeof value !== 'object' || value === null) return
  if (path.length > maximumDepth) throw new YamlError(`${file.placeOf(path, 'value')} ${tooDeep}`)
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  for (const [key, entry] of entries) refuseDepth(entry, file, [...path, key])
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
