import { sql } from 'kysely'
import type { z } from 'zod'
import type { platformOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { ScopeFilter } from '../../kernel/authz/index.ts'
import type { EventRow } from '../../kernel/events/index.ts'
import type { ApiReply, ApiRequest } from '../../kernel/http/index.ts'

type Query = z.output<NonNullable<typeof platformOperations.listEvents.query>>

/** Audit events of the scopes the caller may read, newest first (or oldest first after a cursor). */
export async function listEvents(ctx: Context, request: ApiRequest<Query, unknown>): Promise<ApiReply> {
  const { query } = request
  const limit = query.$top ?? 100
  const scopes = await ctx.authorization.allowedScopes(request.actor, 'Fulcrum.Audit/events/read')
  const forwards = query.after !== undefined
  let select = ctx.db.kysely.selectFrom('events').selectAll().where('sequence', 'is not', null).where(visible(scopes))
  if (query.subject !== undefined) {
    const subject = query.subject.toLowerCase()
    select = select.where(sql<boolean>`(lower(subject) = ${subject} or starts_with(lower(subject), ${`${subject}/`}))`)
  }
  if (query.type !== undefined) select = select.where(sql<boolean>`starts_with(type, ${query.type})`)
  if (query.result !== undefined) select = select.where('result', '=', query.result)
  if (query.actor !== undefined)
    select = select.where(sql<boolean>`(actor->>'id' = ${query.actor} or lower(actor->>'name') = ${query.actor.toLowerCase()})`)
  if (query.before !== undefined) select = select.where('sequence', '<', query.before)
  if (query.after !== undefined) select = select.where('sequence', '>', query.after)
  const rows = await select
    .orderBy('sequence', forwards ? 'asc' : 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = new URL(request.url, request.origin)
  if (last !== undefined) next.searchParams.set(forwards ? 'after' : 'before', String(last.sequence))
  return { body: { value: page.map(presentEvent), nextLink: rows.length > limit ? next.toString() : null } }
}

/** SQL: the event's subject lies in a scope the caller may read. */
export function visible(scopes: ScopeFilter) {
  if (scopes.allow.includes('/') && scopes.deny.length === 0) return sql<boolean>`true`
  const allow = sql`exists (select 1 from unnest(${[...scopes.allow]}::text[]) prefix where prefix = '/' or lower(subject) = prefix or starts_with(lower(subject), prefix || '/'))`
  const deny = sql`exists (select 1 from unnest(${[...scopes.deny]}::text[]) prefix where lower(subject) = prefix or starts_with(lower(subject), prefix || '/'))`
  return sql<boolean>`${allow} and not ${deny}`
}

export function presentEvent(row: EventRow) {
  return {
    sequence: row.sequence,
    id: row.id,
    time: row.time.toISOString(),
    type: row.type,
    subject: row.subject,
    actor: row.actor,
    action: row.action,
    result: row.result,
    requestId: row.request_id,
    data: row.data,
    hash: row.hash,
  }
}
