import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'

/** Something YAML allows and we do not, at an offset of the text. */
export class YamlProblem extends Error {
  readonly offset: number

  constructor(node: unknown, message: string) {
    super(message)
    this.name = 'YamlProblem'
    this.offset = (isNode(node) ? node.range?.[0] : undefined) ?? 0
  }
}

type YamlMap = Record<string, unknown>

const maximumDepth = 64
const maximumAliases = 100
/** Counts a value again each time an alias repeats it, so it bounds what expansion can cost. */
const maximumValues = 1_000_000

/** Turns a document's nodes into plain values, within limits. */
export class YamlConverter {
  readonly #document: Document.Parsed
  readonly #resolving = new Set<unknown>()
  #aliases = 0
  #values = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  /** @throws YamlProblem */
  convert(): unknown {
    return this.#value(this.#document.contents, 1)
  }

  #value(node: unknown, depth: number): unknown {
    this.#values += 1
    if (this.#values > maximumValues) throw new YamlProblem(node, `The document has more than ${maximumValues} values.`)
    if (depth > maximumDepth) throw new YamlProblem(node, `The document is nested deeper than ${maximumDepth} levels.`)
    if (node === null || node === undefined) return null
    if (isScalar(node)) return scalarValue(node, node.value)
    if (isAlias(node)) return this.#resolved(node, (target) => this.#value(target, depth))
    if (isMap(node)) return this.#map(node, depth)
    if (isSeq(node)) return node.items.map((item) => this.#value(isPair(item) ? undefined : item, depth + 1))
    throw new YamlProblem(node, 'This is neither a map, nor a list, nor a single value.')
  }

  #map(map: YAMLMap, depth: number): YamlMap {
    const result: YamlMap = Object.create(null)
    for (const pair of map.items.filter((item) => isMergeKey(item))) this.#mergeInto(result, pair.value, depth)
    for (const pair of map.items) {
      if (!isMergeKey(pair)) result[keyText(pair)] = this.#value(pair.value, depth + 1)
    }
    return result
  }

  /** `<<`: members of the other map or maps; the first to define a key wins, as https://yaml.org/type/merge.html says. */
  #mergeInto(result: YamlMap, source: unknown, depth: number): void {
    if (isAlias(source)) return this.#resolved(source, (target) => this.#mergeInto(result, target, depth + 1))
    if (isSeq(source)) {
      for (const item of source.items) {
        if (isSeq(item)) throw new YamlProblem(item, "A merge key '<<' takes a map or a list of maps.")
        this.#mergeInto(result, item, depth + 1)
      }
      return
    }
    if (!isMap(source)) throw new YamlProblem(source, "A merge key '<<' takes a map or a list of maps.")
    if (depth > maximumDepth) throw new YamlProblem(source, `The document is nested deeper than ${maximumDepth} levels.`)
    const members = this.#map(source, depth)
    for (const key of Object.keys(members)) {
      if (!(key in result)) result[key] = members[key]
    }
  }

  #resolved<T>(alias: Alias, use: (target: Node) => T): T {
    this.#aliases += 1
    if (this.#aliases > maximumAliases) throw new YamlProblem(alias, `The document uses more than ${maximumAliases} aliases.`)
    const target = alias.resolve(this.#document)
    if (target === undefined) throw new YamlProblem(alias, `The alias '*${alias.source}' has no anchor before it.`)
    if (this.#resolving.has(target)) throw new YamlProblem(alias, `The alias '*${alias.source}' contains itself.`)
    this.#resolving.add(target)
    try {
      return use(target)
    } finally {
      this.#resolving.delete(target)
    }
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN'
}

function keyText(pair: Pair): string {
  if (!isScalar(pair.key)) throw new YamlProblem(pair.key, 'A key must be a single value.')
  const text = pair.key.value === null ? '' : String(scalarValue(pair.key, pair.key.value))
  if (text === '__proto__') throw new YamlProblem(pair.key, `The key '${text}' is reserved.`)
  return text
}

function scalarValue(node: unknown, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new YamlProblem(node, 'The number is not finite.')
  return value
}
