import { nameOf, parseArmId, resourceTypeOf, workspaceOf } from '@fulcrum/contract'
import { sql, type Selectable } from 'kysely'
import type { Actor } from '../auth/actor.ts'
import type { ScopeFilter } from '../authz/types.ts'
import type { Executor } from '../db/schema.ts'
import type { JsonObject, ResourcesTable } from '../tables.ts'
import type { ResourceBody, StoredResource } from './types.ts'

/** SQL of the resource table. Ids are compared in lower case. */

export interface ListQuery {
  readonly type: string
  /** Only children of this id. */
  readonly parentId?: string
  /** Only resources at or below this id. */
  readonly withinId?: string
  readonly scopes?: ScopeFilter
  readonly view?: 'ActiveOnly' | 'ArchivedOnly' | 'All'
  readonly order?: 'newest' | 'oldest'
  /** Exclusive keyset position: a `createdSequence`. */
  readonly after?: number
  readonly limit: number
  /** Rows to leave out at the start. */
  readonly skip?: number
  readonly names?: readonly string[]
  readonly nameContains?: string
  readonly matching?: readonly Condition[]
  readonly tags?: readonly { readonly key: string; readonly value?: string }[]
}

/** A member of `properties` or status, by its path. */
export interface Condition {
  readonly path: readonly string[]
  /** Values of which it must be one, compared without case; left out = it must be there. */
  readonly anyOf?: readonly string[]
  /** What a missing member counts as. */
  readonly absent?: string
}

export async function findResource(
  db: Executor,
  id: string,
  options: { forUpdate?: boolean } = {},
): Promise<StoredResource | undefined> {
  let query = db.selectFrom('resources').selectAll().where('id', '=', id.toLowerCase())
  if (options.forUpdate === true) query = query.forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

export async function findResources(db: Executor, ids: readonly string[]): Promise<StoredResource[]> {
  if (ids.length === 0) return []
  const lower = ids.map((id) => id.toLowerCase())
  const rows = await db.selectFrom('resources').selectAll().where('id', 'in', lower).execute()
  return rows.map(fromRow)
}

export async function listResources(db: Executor, query: ListQuery): Promise<StoredResource[]> {
  let select = db.selectFrom('resources').selectAll().where('type', '=', query.type.toLowerCase())
  if (query.parentId !== undefined) select = select.where('parent_id', '=', query.parentId.toLowerCase())
  if (query.withinId !== undefined) select = select.where(sql<boolean>`starts_with(id, ${`${query.withinId.toLowerCase()}/`})`)
  if (query.scopes !== undefined) select = select.where(inScopes(query.scopes))
  if (query.view === 'ActiveOnly') select = select.where(sql<boolean>`coalesce(properties->>'isArchived', 'false') <> 'true'`)
  if (query.view === 'ArchivedOnly') select = select.where(sql<boolean>`properties->>'isArchived' = 'true'`)
  if (query.names !== undefined)
    select = select.where(sql<boolean>`lower(name) = any(${query.names.map((name) => name.toLowerCase())}::text[])`)
  if (query.nameContains !== undefined)
    select = select.where(sql<boolean>`position(${query.nameContains.toLowerCase()} in lower(name)) > 0`)
  for (const condition of query.matching ?? []) select = select.where(matches(condition))
  for (const { key, value } of query.tags ?? []) select = select.where(isTagged(key, value))
  const newest = query.order !== 'oldest'
  if (query.after !== undefined) select = select.where('created_sequence', newest ? '<' : '>', query.after)
  const rows = await select
    .orderBy('created_sequence', newest ? 'desc' : 'asc')
    .limit(query.limit)
    .offset(query.skip ?? 0)
    .execute()
  return rows.map(fromRow)
}

function matches({ path, anyOf, absent }: Condition) {
  const value = sql<string | null>`(status || properties) #>> ${[...path]}::text[]`
  if (anyOf === undefined) return sql<boolean>`${value} is not null`
  return sql<boolean>`lower(coalesce(${value}, ${absent ?? null})) = any(${anyOf.map((text) => text.toLowerCase())}::text[])`
}

/** Tracked resources have tags beside `properties`, assets and jobs inside. */
function isTagged(key: string, value: string | undefined) {
  const tags = sql`(tags || case jsonb_typeof(properties -> 'tags') when 'object' then properties -> 'tags' else '{}' end)`
  return value === undefined ? sql<boolean>`${tags} ? ${key}` : sql<boolean>`${tags} ->> ${key} = ${value}`
}

function inScopes(scopes: ScopeFilter) {
  const allow = scopes.allow.includes('/') || scopes.allow.includes('') ? sql<boolean>`true` : within(scopes.allow)
  const notBelow = scopes.deny.length === 0 ? sql<boolean>`true` : sql<boolean>`not ${within(scopes.deny)}`
  return scopes.denyExact.length === 0
    ? sql<boolean>`${allow} and ${notBelow}`
    : sql<boolean>`${allow} and ${notBelow} and id <> all(${[...scopes.denyExact]}::text[])`
}

function within(prefixes: readonly string[]) {
  return sql<boolean>`exists (select 1 from unnest(${[...prefixes]}::text[]) prefix where id = prefix or starts_with(id, prefix || '/'))`
}

/** Parent for listing: the parent resource, the resource group, or for extensions the extended scope. */
export function parentScopeOf(id: string): string {
  const parsed = parseArmId(id)
  if (parsed === undefined) return '/'
  if (parsed.segments.length >= 2) return id.split('/').slice(0, -2).join('/').toLowerCase()
  if (parsed.extends !== undefined) return parsed.extends.toLowerCase()
  if (parsed.namespace === undefined) return `/subscriptions/${parsed.subscriptionId}`.toLowerCase()
  const at = id.toLowerCase().lastIndexOf('/providers/')
  return id.slice(0, at).toLowerCase()
}

export async function insertResource(
  db: Executor,
  entry: { id: string; type?: string; body: ResourceBody; status: JsonObject; actor: Actor; now: Date },
): Promise<StoredResource> {
  const { id, body, status, actor, now } = entry
  const parsed = parseArmId(id)
  const type = entry.type ?? (parsed === undefined ? undefined : resourceTypeOf(parsed)) ?? 'Microsoft.Resources/resourceGroups'
  const row = await db
    .insertInto('resources')
    .values({
      id: id.toLowerCase(),
      display_id: id,
      type: type.toLowerCase(),
      display_type: type,
      name: nameOf(id),
      parent_id: parentScopeOf(id),
      workspace_id: workspaceOf(id)?.toLowerCase() ?? null,
      resource_group: parsed?.resourceGroup?.toLowerCase() ?? null,
      ...envelopeColumns(body),
      properties: JSON.stringify(body.properties),
      status: JSON.stringify(status),
      created_by: actor.name,
      created_by_type: actor.kind,
      created_at: now,
      modified_by: actor.name,
      modified_by_type: actor.kind,
      modified_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

export async function replaceResource(
  db: Executor,
  entry: { id: string; body: ResourceBody; status: JsonObject; actor: Actor; now: Date },
): Promise<StoredResource> {
  const { id, body, status, actor, now } = entry
  const row = await db
    .updateTable('resources')
    .set({
      ...envelopeColumns(body),
      properties: JSON.stringify(body.properties),
      status: JSON.stringify(status),
      etag: sql`etag + 1`,
      modified_by: actor.name,
      modified_by_type: actor.kind,
      modified_at: now,
    })
    .where('id', '=', id.toLowerCase())
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

/** Merges members into the status; the etag moves so that watchers notice. @returns the resource, or `undefined` when it is gone */
export async function mergeStatus(db: Executor, id: string, patch: JsonObject): Promise<StoredResource | undefined> {
  const row = await db
    .updateTable('resources')
    .set({ status: sql`status || ${JSON.stringify(patch)}::jsonb`, etag: sql`etag + 1` })
    .where('id', '=', id.toLowerCase())
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

/** Removes a resource with everything below it. @returns lower-case ids that were removed */
export async function deleteResourceTree(db: Executor, id: string): Promise<string[]> {
  const lower = id.toLowerCase()
  const rows = await sql<{
    id: string
  }>`delete from resources where id = ${lower} or starts_with(id, ${`${lower}/`}) returning id`.execute(db)
  return rows.rows.map((row) => row.id)
}

function envelopeColumns(body: ResourceBody) {
  return {
    location: body.location ?? null,
    tags: JSON.stringify(body.tags ?? {}),
    identity: body.identity ? JSON.stringify(body.identity) : null,
    sku: body.sku ? JSON.stringify(body.sku) : null,
    kind: body.kind ?? null,
  }
}

export function fromRow(row: Selectable<ResourcesTable>): StoredResource {
  return {
    id: row.display_id,
    type: row.display_type,
    name: row.name,
    location: row.location ?? undefined,
    tags: row.tags,
    identity: row.identity ?? undefined,
    sku: row.sku ?? undefined,
    kind: row.kind ?? undefined,
    properties: row.properties,
    status: row.status,
    etag: row.etag,
    createdSequence: row.created_sequence,
    createdBy: row.created_by,
    createdByType: row.created_by_type,
    createdAt: row.created_at,
    modifiedBy: row.modified_by,
    modifiedByType: row.modified_by_type,
    modifiedAt: row.modified_at,
  }
}
