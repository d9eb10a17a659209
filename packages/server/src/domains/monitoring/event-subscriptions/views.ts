import { notFound } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { nextPage, ok, positionOf, type ApiReply, type ApiRequest, type PageQuery } from '../../../kernel/http/index.ts'

/** `GET {subscription}/deliveries`. */
export async function listDeliveries(ctx: Context, request: ApiRequest<PageQuery>): Promise<ApiReply> {
  if ((await ctx.resources.find(request.scope)) === undefined) throw notFound('Event subscription', request.scope)
  const { $top: limit = 100 } = request.query
  const before = positionOf<number>(ctx.cursors, request)
  let select = ctx.db.kysely.selectFrom('event_deliveries').selectAll().where('subscription_id', '=', request.scope.toLowerCase())
  if (before !== undefined) select = select.where('event_sequence', '<', before)
  const rows = await select
    .orderBy('event_sequence', 'desc')
    .limit(limit + 1)
    .execute()
  const value = rows.slice(0, limit).map((row) => ({
    eventSequence: Number(row.event_sequence),
    eventId: row.event_id,
    eventType: row.event_type,
    subject: row.subject,
    state: row.state,
    reason: row.reason,
    jobId: row.job_id,
    at: row.at.toISOString(),
  }))
  const last = rows.length > limit ? value.at(-1) : undefined
  return ok({ value, nextLink: nextPage(ctx.cursors, request, last?.eventSequence) })
}
