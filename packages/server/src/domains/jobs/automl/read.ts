import { invalid, nearest } from '@fulcrum/contract'
import { membersOf, textOf } from '../component-members.ts'
import { parseDurationMs } from '../duration.ts'
import { member } from '../sweep/parse-sweep.ts'

/** Reading AutoML's members: jobs write camelCase and `PascalCase` words, nodes snake_case; both are read everywhere. */

export type Members = Readonly<Record<string, unknown>>

/** One place in the body, for messages: `properties.taskDetails.limitSettings`. */
export interface Place {
  readonly members: Members
  readonly target: string
}

/** The first of these members that is there, as a place of its own: jobs say `limitSettings`, nodes `limits`. */
export function placeIn({ members, target }: Place, ...names: string[]): Place {
  const found = names.find((name) => Object.keys(membersOf(member(members, name))).length > 0) ?? names[0] ?? ''
  return { members: membersOf(member(members, found)), target: `${target}.${found}` }
}

/** Words are the same however they are cased and joined. */
export function flat(word: string): string {
  return word.replaceAll(/[_\s-]/g, '').toLowerCase()
}

export function text({ members }: Place, name: string): string | undefined {
  return textOf(member(members, name))
}

export function flag({ members }: Place, name: string, fallback: boolean): boolean {
  const value = member(members, name)
  return value === undefined || value === null ? fallback : String(value).toLowerCase() === 'true'
}

interface NumberRule {
  readonly min: number
  readonly max?: number
  readonly whole?: boolean
}

/** @throws InvalidRequestContent it is no number, or outside of the rule */
export function number({ members, target }: Place, name: string, rule: NumberRule): number | undefined {
  return numberAt(member(members, name), `${target}.${name}`, rule)
}

export function numberAt(value: unknown, target: string, { min, max = Infinity, whole = false }: NumberRule): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const found = Number(value)
  if (Number.isFinite(found) && found >= min && found <= max && (!whole || Number.isInteger(found))) return found
  const range = max === Infinity ? `${min} or more` : `from ${min} to ${max}`
  throw invalid(`${target} is '${String(value)}'; it must be a ${whole ? 'whole ' : ''}number, ${range}.`, { target })
}

/** ISO 8601 durations of jobs, minutes of nodes. */
export function durationMs(place: Place, name: string, minutesName: string): number | undefined {
  const minutes = number(place, minutesName, { min: 0.001 })
  return minutes === undefined ? parseDurationMs(member(place.members, name), `${place.target}.${name}`) : minutes * 60_000
}

/** A list, one value, or the text of a list: the SDK prints Python's into nodes, `"['a', 'b']"`. */
export function texts({ members }: Place, name: string): string[] {
  const value = member(members, name)
  if (Array.isArray(value)) return value.map(String)
  const written = textOf(value)
  if (written === undefined) return []
  const listed = /^\s*\[(.*)\]\s*$/s.exec(written)?.[1]
  if (listed === undefined) return [written]
  return listed
    .split(',')
    .map((part) => part.trim().replace(/^(['"])(.*)\1$/, '$2'))
    .filter((part) => part !== '')
}

/** `auto`, a value, or the job's form of both: `{mode: 'Custom', value | values}`. */
export function autoOr({ members }: Place, name: string): unknown {
  const value = member(members, name)
  const inner = membersOf(value)
  if (inner['mode'] === undefined) return typeof value === 'string' && flat(value) === 'auto' ? 'auto' : value
  return flat(String(inner['mode'])) === 'auto' ? 'auto' : (inner['value'] ?? inner['values'])
}

/** One of a list of words, whatever its case. @throws InvalidRequestContent with the nearest right one */
export function oneOf<const Word extends string>(value: string, words: readonly Word[], target: string): Word {
  const found = words.find((word) => flat(word) === flat(value))
  if (found !== undefined) return found
  const hint = nearest(value, words)
  const known = `It must be one of ${words.join(', ')}.`
  throw invalid(`${target} is '${value}'.${hint === undefined ? '' : ` Did you mean '${hint}'?`} ${known}`, { target })
}
