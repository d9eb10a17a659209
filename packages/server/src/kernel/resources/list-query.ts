import { AppError } from '@fulcrum/contract'
import type { Condition, ListQuery } from './store.ts'
import type { KindBehaviour } from './types.ts'

type Query = Readonly<Record<string, unknown>>

/** Members of `properties` (or of the status) that a query parameter of the same name compares with. */
const plainFilters = ['jobType', 'status', 'experimentName', 'computeType', 'parentJobName', 'category', 'target'] as const

/** The parameters by which Azure's clients narrow, order and page lists, under every name that one of its services gives them. */
export function readListQuery(
  kind: KindBehaviour['kind'],
  query: Query,
): Pick<ListQuery, 'view' | 'order' | 'matching' | 'tags'> & {
  readonly pageSize: number
  readonly names?: readonly string[]
  readonly nameContains?: string
  readonly skip?: number
} {
  const names = listOf(query, 'names', 'name', 'version', 'assetName')
  const search = textOf(query, 'searchText')
  const skip = countOf(query, '$skip', 'offset')
  return {
    pageSize: Math.min(countOf(query, '$top', 'count') ?? 100, 1_000) || 100,
    view: kind.noun === 'schedules' ? 'All' : viewOf(query['listViewType']),
    order: orderOf(query),
    matching: [
      ...conditionsOf(query),
      ...(kind.noun === 'schedules' ? enabledOf(query['listViewType']) : []),
      ...(kind.noun === 'jobs' ? [...topLevelOf(query), ...scheduledOf(query)] : []),
    ],
    tags: listOf(query, 'tag', 'tags', '$tags').map(keyAndValue),
    ...(names.length === 0 ? {} : { names }),
    ...(search === undefined ? {} : { nameContains: search }),
    ...(skip === undefined ? {} : { skip }),
  }
}

function conditionsOf(query: Query): Condition[] {
  const plain = plainFilters.flatMap((name) => {
    const anyOf = listOf(query, name)
    return anyOf.length === 0 ? [] : [{ path: [name], anyOf }]
  })
  const isDefault = textOf(query, 'isDefault')
  const properties = listOf(query, 'properties').map(keyAndValue)
  const hash = textOf(query, 'hash')
  return [
    ...plain,
    ...(isDefault === undefined ? [] : [{ path: ['isDefault'], anyOf: [isDefault], absent: 'false' }]),
    ...properties.map(({ key, value }) => ({ path: ['properties', key], ...(value === undefined ? {} : { anyOf: [value] }) })),
    ...(hash === undefined ? [] : [{ path: ['properties', 'hash_sha256'], anyOf: [hash] }]),
  ]
}

function viewOf(value: unknown): 'ActiveOnly' | 'ArchivedOnly' | 'All' {
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return text === 'archivedonly' ? 'ArchivedOnly' : text === 'all' ? 'All' : 'ActiveOnly'
}

/** Schedules are on or off, not archived; the default shows those that are on, as Azure's does. */
function enabledOf(value: unknown): Condition[] {
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  if (text !== 'enabledonly' && text !== 'disabledonly') return []
  return [{ path: ['isEnabled'], anyOf: [String(text === 'enabledonly')], absent: 'true' }]
}

/** Steps of pipelines and trials of sweeps are listed by their parent's name, or among all with `includeChildren=true`. */
function topLevelOf(query: Query): Condition[] {
  if (textOf(query, 'parentJobName') !== undefined || textOf(query, 'includeChildren')?.toLowerCase() === 'true') return []
  return [{ path: ['parentJobName'], anyOf: [''], absent: '' }]
}

/** Jobs that a schedule submitted: any (`scheduled`), or those of one, by its name or id. */
function scheduledOf(query: Query): Condition[] {
  const path = ['properties', 'azureml_schedule']
  const schedule = textOf(query, 'scheduleId')
  const scheduled = textOf(query, 'scheduled')?.toLowerCase()
  if (schedule !== undefined) return [{ path, anyOf: [schedule.slice(schedule.lastIndexOf('/') + 1)] }]
  if (scheduled === 'true') return [{ path }]
  return scheduled === 'false' ? [{ path, anyOf: [''], absent: '' }] : []
}

/** `createdtime desc`, `CreatedAtDesc` or `createdtime` with `orderByAsc`; newest first is the default. */
function orderOf(query: Query): 'newest' | 'oldest' {
  const value = textOf(query, '$orderBy', 'orderBy')
  if (value === undefined) return textOf(query, 'orderByAsc')?.toLowerCase() === 'true' ? 'oldest' : 'newest'
  const match = /^(?:created|updated|modified|last)?\w*?(?:time|at|name)?\s*(asc|desc)?$/i.exec(value.trim())
  if (match === null || !/^(created|updated|modified|name)/i.test(value.trim()))
    throw new AppError('InvalidFilter', `$orderBy '${value}' is not offered; use 'createdtime asc' or 'createdtime desc'.`, {
      target: '$orderBy',
    })
  const direction = match[1]?.toLowerCase() ?? (textOf(query, 'orderByAsc')?.toLowerCase() === 'true' ? 'asc' : 'desc')
  return direction === 'asc' ? 'oldest' : 'newest'
}

/** The first of these parameters that is there and not empty. */
function textOf(query: Query, ...names: readonly string[]): string | undefined {
  const found = names.map((name) => query[name]).find((value) => value !== undefined && value !== '')
  return found === undefined ? undefined : String(found)
}

/** A list, given with commas or by repetition. */
function listOf(query: Query, ...names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = query[name]
    const texts = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : []
    return texts.map((text) => text.trim()).filter((text) => text !== '')
  })
}

function countOf(query: Query, ...names: readonly string[]): number | undefined {
  const text = textOf(query, ...names)
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

function keyAndValue(text: string): { key: string; value?: string } {
  const at = text.indexOf('=')
  return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) }
}
