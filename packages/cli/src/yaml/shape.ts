import type { WorkspaceAssets } from './workspace-assets.ts'
import { camel, type Casing, durationOfSeconds, literalOf, pascal } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

/** What a translation works with: the platform, and a place for oddities. */
export interface Run {
  readonly assets: WorkspaceAssets
  /** Experiment of jobs that name none. */
  readonly experimentName: string
  /** What the names of jobs start with that have none. */
  readonly baseName: string
  readonly warnings: string[]
}

/** Turns one member of a file into its wire value; undefined leaves it out. */
export type Rule = (node: YamlNode, run: Run) => unknown

interface Member {
  readonly rule: Rule
  /** Wire name, where it is not the key in the casing of the place. */
  readonly as?: string
  readonly needed?: boolean
}

/**
 * What a mapping may hold: each key once, with its rule. It is the list of known keys and the translation in one. The key `*` lets
 * keys pass that are not known, with a warning, where the original does.
 */
export type Shape = Readonly<Record<string, Rule | Member>>

export const as = (name: string, rule: Rule): Member => ({ rule, as: name })
export const needed = (rule: Rule | Member): Member => ({ ...(typeof rule === 'function' ? { rule } : rule), needed: true })

/**
 * The members of a mapping on the wire.
 * @throws YamlError at a key that the shape does not have, with the nearest it has; at a member that is missing
 */
export async function translate(
  node: YamlNode,
  shape: Shape,
  run: Run,
  casing: Casing = camel,
): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = '*' in shape ? await unknownMembers(node, shape, run) : {}
  if (!('*' in shape)) node.only(['$schema', ...Object.keys(shape)])
  for (const [key, entry] of Object.entries(shape)) {
    if (key === '*') continue
    const member = typeof entry === 'function' ? { rule: entry } : entry
    const found = member.needed === true ? node.need(key) : node.get(key)
    if (found === undefined) continue
    const value = await member.rule(found, run)
    if (value !== undefined) result[member.as ?? casing(key)] = value
  }
  return result
}

async function unknownMembers(node: YamlNode, shape: Shape, run: Run): Promise<Record<string, unknown>> {
  const known = Object.keys(shape).filter((key) => key !== '*')
  const unknown = node.entries().filter(([key]) => key !== '$schema' && !known.includes(key))
  for (const [key] of unknown) run.warnings.push(node.unknownKey(key, known))
  return Object.fromEntries(unknown.map(([key, entry]) => [key, entry.value]))
}

/** A rule for a mapping of known members. */
export const mapping =
  (shape: Shape, casing: Casing = camel): Rule =>
  (node, run) =>
    translate(node, shape, run, casing)

/** A rule for a mapping whose keys users choose. */
export const mapOf =
  (rule: Rule): Rule =>
  async (node, run) => {
    const result: Record<string, unknown> = {}
    for (const [name, entry] of node.entries()) {
      const value = await rule(entry, run)
      if (value !== undefined) result[name] = value
    }
    return result
  }

export const listOf =
  (rule: Rule): Rule =>
  async (node, run) => {
    const result: unknown[] = []
    for (const item of node.items()) result.push(await rule(item, run))
    return result
  }

/** A list, or a single value that stands for a list of one. */
export const oneOrMore =
  (rule: Rule): Rule =>
  async (node, run) =>
    Array.isArray(node.value) ? listOf(rule)(node, run) : [await rule(node, run)]

export const text: Rule = (node) => node.text()
export const integer: Rule = (node) => node.integer()
export const number: Rule = (node) => node.number()
export const boolean: Rule = (node) => node.boolean()
/** Passes as it is. */
export const raw: Rule = (node) => node.value
/** Known, but not sent. */
export const unsent: Rule = () => undefined
/** Text by name; null stands for nothing. Numbers and booleans as Python prints them. */
export const texts: Rule = mapOf((node) => (node.value === null ? undefined : literalOf(node)))
/** Seconds, or a duration that is written out already. */
export const duration: Rule = (node) =>
  typeof node.value === 'string' && node.value.startsWith('P') ? node.value : durationOfSeconds(node.number())
export const minutes: Rule = (node) => durationOfSeconds(node.number() * 60)
export const milliseconds: Rule = (node) => durationOfSeconds(node.number() / 1000)

/** One of a few words without regard to case; the wire word is given, else it is the word itself. */
export const choice = (words: readonly string[] | Readonly<Record<string, string>>): Rule => {
  const wireOf = new Map(
    (Array.isArray(words) ? words.map((word: string) => [word, word] as const) : Object.entries(words)).map(
      ([word, wire]) => [word, wire] as const,
    ),
  )
  return (node) => wireOf.get(node.oneOf([...wireOf.keys()]))
}

/** A word whose wire form is its PascalCase, in whatever case it is written. */
export const pascalChoice = (words: readonly string[]): Rule =>
  choice(Object.fromEntries(words.map((word) => [word, pascal(word)])))
