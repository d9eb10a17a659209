import { notFound } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'

/** `GET {subscription}/deliveries`. */
export async function listDeliveries(ctx: Context, request: ApiRequest<{ $top?: number | undefined }>): Promise<ApiReply> {
  if ((await ctx.resources.find(request.scope)) === undefined) throw notFound('Event subscription', request.scope)
  const rows = await ctx.db.kysely
    .selectFrom('event_deliveries')
    .selectAll()
    .where('subscription_id', '=', request.scope.toLowerCase())
    .orderBy('event_sequence', 'desc')
    .limit(request.query.$top ?? 100)
    .execute()
  const value = rows.map((row) => ({
    eventSequence: Number(row.event_sequence),
    eventId: row.event_id,
    eventType: row.event_type,
    subject: row.subject,
    state: row.state,
    reason: row.reason,
    jobId: row.job_id,
    at: row.at.toISOString(),
  }))
  return ok({ value, nextLink: null })
}
