import { AppError, invalid } from '@fulcrum/contract'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { YamlConverter, YamlProblem } from './yaml-converter.ts'

export interface YamlOptions {
  /** Names the source in messages; `yaml` when absent. */
  readonly file?: string
  /** 1 MiB when absent. */
  readonly maximumBytes?: number
}

export interface YamlPosition {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

export interface ParsedYaml {
  /** Maps without a prototype, arrays, strings, finite numbers, booleans and null. */
  readonly value: unknown
  /** Where the value at a path stands; for a missing member, where its nearest existing parent does. */
  positionOf(path: readonly PropertyKey[]): YamlPosition
  /** The text of `file:line:column message` for the value at a path. */
  messageAt(path: readonly PropertyKey[], message: string): string
}

const defaultMaximumBytes = 1024 * 1024

/**
 * Reads one YAML 1.2 document that a user wrote. Only the core schema: no other tags, no duplicate keys, at most 100 aliases, at
 * most 64 levels, merge keys only from maps, no NaN or infinity.
 * @throws InvalidYaml with `file:line:column` in its message and as its target · PayloadTooLarge
 */
export function parseYaml(text: string, options: YamlOptions = {}): ParsedYaml {
  const file = options.file ?? 'yaml'
  const maximumBytes = options.maximumBytes ?? defaultMaximumBytes
  if (Buffer.byteLength(text) > maximumBytes) {
    throw new AppError('PayloadTooLarge', `${file} is larger than the limit of ${maximumBytes} bytes for YAML.`, { target: file })
  }
  const lines = new LineCounter()
  const document = readDocument(text, lines, file)
  const positionAt = (offset: number): YamlPosition => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const positionOf = (path: readonly PropertyKey[]): YamlPosition => positionAt(offsetOf(document, path))
  const problem = [...document.errors, ...document.warnings][0]
  if (problem !== undefined) throw invalidYaml(file, positionAt(problem.pos[0]), problem.message)
  try {
    const value = new YamlConverter(document).convert()
    return { value, positionOf, messageAt: (path, message) => `${place(file, positionOf(path))} ${message}` }
  } catch (error) {
    if (error instanceof YamlProblem) throw invalidYaml(file, positionAt(error.offset), error.message)
    throw error
  }
}

/** The library answers some attacks, such as very deep nesting, by throwing. */
function readDocument(text: string, lineCounter: LineCounter, file: string): Document.Parsed {
  try {
    return parseDocument(text, { schema: 'core', resolveKnownTags: false, lineCounter, prettyErrors: false, logLevel: 'error' })
  } catch (error) {
    throw invalidYaml(file, { line: 1, column: 1 }, error instanceof Error ? error.message : 'The document cannot be read.')
  }
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const key of path) {
    const [keyNode, valueNode] = childOf(node, key)
    if (keyNode === undefined && valueNode === undefined) return offset
    offset = startOf(keyNode) ?? startOf(valueNode) ?? offset
    node = valueNode
  }
  return offset
}

/** The key and value nodes of a member; a list's items have no key. */
function childOf(node: unknown, key: PropertyKey): [Node | undefined, Node | undefined] {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
    return [asNode(pair?.key), asNode(pair?.value)]
  }
  return isSeq(node) ? [undefined, asNode(node.items[Number(key)])] : [undefined, undefined]
}

function asNode(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

function place(file: string, position: YamlPosition): string {
  return `${file}:${position.line}:${position.column}`
}

function invalidYaml(file: string, position: YamlPosition, message: string): AppError {
  const where = place(file, position)
  return invalid(`${where} ${message}`, { code: 'InvalidYaml', target: where })
}
