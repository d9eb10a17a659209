import type { Values } from '../arguments/values.ts'
import { isWire, part, type Entity, type Wire } from '../entities/translate.ts'
import { usage } from '../failure.ts'

/** Applies `--set`, `--add` and `--remove` in this order to a copy. @throws a usage failure for a path that leads nowhere */
export function edit(entity: Entity, values: Values): Entity {
  const copy = structuredClone(entity)
  const isText = values.flag('force-string')
  for (const change of values.list('set')) {
    const equals = change.indexOf('=')
    if (equals < 1) throw usage(`argument --set: '${change}' is no change; write a.b=value.`)
    setAt(copy, change.slice(0, equals), isText ? change.slice(equals + 1) : valueOf(change.slice(equals + 1)))
  }
  addAll(copy, values.list('add'), isText)
  const removed = values.list('remove')
  if (removed[0] !== undefined) removeAt(copy, removed[0], removed[1])
  return copy
}

/** JSON where it is JSON, else the text itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return { true: true, false: false }[text.toLowerCase()] ?? text
  }
}

function keysOf(path: string): string[] {
  return path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((key) => key !== '')
}

function setAt(root: Entity, path: string, value: unknown): void {
  const keys = keysOf(path)
  const last = keys.pop()
  if (last === undefined) throw usage(`argument --set: '${path}' names no member.`)
  let target: unknown = root
  for (const key of keys) {
    const container = target as Record<string, unknown>
    if (typeof container[key] !== 'object' || container[key] === null) container[key] = {}
    target = container[key]
  }
  ;(target as Record<string, unknown>)[last] = value
}

function read(root: unknown, path: string): unknown {
  let value = root
  for (const key of keysOf(path))
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return value
}

function addAll(root: Entity, words: readonly string[], isText: boolean): void {
  const [path, ...rest] = words
  if (path === undefined) return
  const list = read(root, path) ?? []
  if (!Array.isArray(list)) throw usage(`argument --add: '${path}' is no list.`)
  const isMapping = rest.length > 0 && rest.every((word) => /^[\w.-]+=/.test(word))
  const added = isMapping
    ? [Object.fromEntries(rest.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))]
    : rest.map((word) => (isText ? word : valueOf(word)))
  setAt(root, path, [...(list as unknown[]), ...added])
}

function removeAt(root: Entity, path: string, index: string | undefined): void {
  const keys = keysOf(path)
  const last = keys.pop() ?? ''
  const parent = read(root, keys.join('.'))
  if (typeof parent !== 'object' || parent === null || !(last in parent)) throw usage(`argument --remove: there is no '${path}'.`)
  const found = (parent as Record<string, unknown>)[last]
  if (index !== undefined && Array.isArray(found)) found.splice(Number(index), 1)
  else delete (parent as Record<string, unknown>)[last]
}

const envelope = ['location', 'tags', 'identity', 'sku', 'kind'] as const

/** The resource as it is, with the differences between two translations of it. */
export function mergeChanges(current: Wire, before: Wire, after: Wire): Record<string, unknown> {
  const body: Record<string, unknown> = Object.fromEntries(
    envelope.filter((key) => key in current).map((key) => [key, current[key]]),
  )
  for (const key of envelope) if (key in after && !isSame(before[key], after[key])) body[key] = after[key]
  body['properties'] = mergeMembers(part(current['properties']), part(before['properties']), part(after['properties']))
  return body
}

function mergeMembers(current: Wire, before: Wire, after: Wire): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...current }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isSame(before[key], after[key])) continue
    const [old, then, now] = [current[key], before[key], after[key]]
    if (now === undefined) delete merged[key]
    else merged[key] = isWire(old) && isWire(then) && isWire(now) ? mergeMembers(old, then, now) : now
  }
  return merged
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
