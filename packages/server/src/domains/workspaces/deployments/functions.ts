import { createHash } from 'node:crypto'
import { armId, invalid, nearest, notSupported } from '@fulcrum/contract'
import type { JsonObject } from '../../../kernel/tables.ts'

/** Where a deployment takes place. */
export interface Surroundings {
  readonly subscriptionId: string
  readonly tenantId: string
  readonly resourceGroup: string
  readonly location: string
  readonly deploymentName: string
  readonly newGuid: () => string
  readonly now: () => Date
}

type Value = unknown
type TemplateFunction = (values: readonly Value[], around: Surroundings) => Value

/** Functions of template expressions that need no template: `parameters`, `variables` and `if` are the evaluator's. */
const functions: Readonly<Record<string, TemplateFunction>> = {
  concat: (values) => (values.every(Array.isArray) ? values.flat() : values.map(textOf).join('')),
  equals: ([left, right]) => JSON.stringify(left) === JSON.stringify(right),
  not: ([value]) => value !== true,
  and: (values) => values.every((value) => value === true),
  or: (values) => values.includes(true),
  empty: ([value]) => lengthOf(value) === 0,
  length: ([value]) => lengthOf(value),
  tolower: ([value]) => textOf(value).toLowerCase(),
  toupper: ([value]) => textOf(value).toUpperCase(),
  trim: ([value]) => textOf(value).trim(),
  replace: ([value, from, to]) => textOf(value).replaceAll(textOf(from), textOf(to)),
  substring: ([value, start, length]) =>
    textOf(value).slice(Number(start), length === undefined ? undefined : Number(start) + Number(length)),
  startswith: ([value, start]) => textOf(value).toLowerCase().startsWith(textOf(start).toLowerCase()),
  endswith: ([value, end]) => textOf(value).toLowerCase().endsWith(textOf(end).toLowerCase()),
  split: ([value, by]) => textOf(value).split(textOf(by)),
  join: ([value, by]) => (Array.isArray(value) ? value.map(textOf).join(textOf(by)) : textOf(value)),
  format: ([pattern, ...values]) =>
    textOf(pattern).replace(/\{(\d+)\}/g, (_match, index: string) => textOf(values[Number(index)])),
  string: ([value]) => textOf(value),
  int: ([value]) => Math.trunc(Number(value)),
  bool: ([value]) => value === true || value === 1 || textOf(value).toLowerCase() === 'true',
  json: ([value]) => jsonOf(textOf(value)),
  array: ([value]) => (Array.isArray(value) ? value : [value]),
  createarray: (values) => [...values],
  createobject: (values) =>
    Object.fromEntries(values.flatMap((value, index) => (index % 2 === 0 ? [[textOf(value), values[index + 1]]] : []))),
  union: (values) =>
    values.every(Array.isArray) ? [...new Set(values.flat())] : Object.assign({}, ...values.map((value) => value ?? {})),
  contains: ([whole, part]) =>
    Array.isArray(whole)
      ? whole.includes(part)
      : typeof whole === 'object' && whole !== null
        ? textOf(part) in whole
        : textOf(whole).includes(textOf(part)),
  first: ([value]) => (Array.isArray(value) ? value[0] : textOf(value)[0]),
  last: ([value]) => (Array.isArray(value) ? value.at(-1) : textOf(value).at(-1)),
  coalesce: (values) => values.find((value) => value !== null && value !== undefined) ?? null,
  add: ([left, right]) => Number(left) + Number(right),
  sub: ([left, right]) => Number(left) - Number(right),
  less: ([left, right]) => Number(left) < Number(right),
  greater: ([left, right]) => Number(left) > Number(right),
  true: () => true,
  false: () => false,
  null: () => null,
  uniquestring: (values) => hashText(values.map(textOf).join('-')),
  guid: (values) => hashGuid(values.map(textOf).join('-')),
  newguid: (_values, around) => around.newGuid(),
  utcnow: (_values, around) => around.now().toISOString(),
  subscription: (_values, { subscriptionId, tenantId }) => ({
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    tenantId,
    displayName: 'Fulcrum',
  }),
  tenant: (_values, { tenantId }) => ({ tenantId, displayName: 'Fulcrum' }),
  resourcegroup: (_values, { subscriptionId, resourceGroup, location }) => ({
    id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`,
    name: resourceGroup,
    location,
  }),
  deployment: (_values, { deploymentName }) => ({ name: deploymentName }),
  resourceid: (values, around) => resourceId(values.map(textOf), around),
  subscriptionresourceid: (values, { subscriptionId }) => {
    const [type = '', ...names] = values.map(textOf).slice(textOf(values[0]).includes('/') ? 0 : 1)
    return `/subscriptions/${subscriptionId}/providers/${interleave(type, names)}`
  },
}

/** @throws NotSupported naming the nearest function that there is */
export function callFunction(name: string, values: readonly Value[], around: Surroundings): Value {
  const found = functions[name.toLowerCase()]
  if (found !== undefined) return found(values, around)
  const hint = nearest(name, ['parameters', 'variables', 'if', ...Object.keys(functions)])
  throw notSupported(`The template function '${name}'`, hint === undefined ? undefined : `Did you mean '${hint}'?`)
}

/** `resourceId([subscription, [group,]] type, name…)`: the type is the first argument with a slash. */
function resourceId(values: readonly string[], around: Surroundings): string {
  const at = values.findIndex((value) => value.includes('/'))
  if (at < 0 || at > 2)
    throw invalid("resourceId() names no resource type such as 'Microsoft.Storage/storageAccounts'.", {
      target: 'properties.template',
    })
  const [type = '', ...names] = values.slice(at)
  const resourceGroup = at === 0 ? around.resourceGroup : (values[at - 1] ?? around.resourceGroup)
  const subscriptionId = at === 2 ? (values[0] ?? around.subscriptionId) : around.subscriptionId
  const [namespace = '', ...types] = type.split('/')
  return armId(
    subscriptionId,
    resourceGroup,
    namespace,
    types.map((segment, index) => [segment, names[index] ?? '']),
  )
}

function interleave(type: string, names: readonly string[]): string {
  const [namespace = '', ...types] = type.split('/')
  return [namespace, ...types.flatMap((segment, index) => [segment, names[index] ?? ''])].join('/')
}

export function textOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  // ARM prints booleans as .NET does.
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

function lengthOf(value: Value): number {
  if (value === null || value === undefined) return 0
  return typeof value === 'object' && !Array.isArray(value) ? Object.keys(value as JsonObject).length : (value as string).length
}

function jsonOf(text: string): Value {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(`json('${text.slice(0, 100)}') is not valid JSON.`, { target: 'properties.template' })
  }
}

/** 13 letters and digits, always the same for the same texts; not those that Azure makes of them. */
function hashText(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  return Array.from(digest.subarray(0, 13), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('')
}

function hashGuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
