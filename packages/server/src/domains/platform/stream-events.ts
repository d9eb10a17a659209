import { PassThrough } from 'node:stream'
import type { Context } from '../../context.ts'
import type { ApiReply, ApiRequest } from '../../kernel/http/index.ts'
import { presentEvent, visible } from './list-events.ts'

const heartbeatMs = 15_000
const batchSize = 200

/** Live events: back-fill from the client's cursor, then whatever is sealed, without gap or duplicate. Ends with the client. */
export async function streamEvents(
  ctx: Context,
  request: ApiRequest<{ after?: number | undefined }, unknown>,
): Promise<ApiReply> {
  const stream = new PassThrough()
  const lastEventId = Number(request.headers['last-event-id'])
  let cursor =
    Number.isFinite(lastEventId) && lastEventId > 0 ? lastEventId : (request.query.after ?? (await newestSequence(ctx)))
  let wake: () => void = () => undefined
  const listening = await ctx.db.listen('events', () => wake())
  const pump = async (): Promise<void> => {
    stream.write(`retry: 1000\nid: ${cursor}\nevent: ready\ndata: {"cursor":${cursor}}\n\n`)
    while (!stream.destroyed && !stream.writableEnded) {
      const rung = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, heartbeatMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      const rows = await readAfter(ctx, request, cursor)
      for (const row of rows.visible) stream.write(`id: ${row.sequence}\ndata: ${JSON.stringify(presentEvent(row))}\n\n`)
      cursor = rows.cursor
      if (rows.more) continue
      await rung
      stream.write(': alive\n\n')
    }
  }
  pump()
    .catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined))
    .finally(() => void listening[Symbol.asyncDispose]())
  stream.on('close', () => wake())
  return { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }, raw: stream }
}

async function newestSequence(ctx: Context): Promise<number> {
  const row = await ctx.db.kysely
    .selectFrom('events')
    .select('sequence')
    .where('sequence', 'is not', null)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.sequence ?? 0
}

async function readAfter(ctx: Context, request: ApiRequest, cursor: number) {
  const newest = await newestSequence(ctx)
  if (newest <= cursor) return { visible: [], cursor, more: false }
  const scopes = await ctx.authorization.allowedScopes(request.actor, 'Fulcrum.Audit/events/read')
  const rows = await ctx.db.kysely
    .selectFrom('events')
    .selectAll()
    .where('sequence', '>', cursor)
    .where('sequence', '<=', newest)
    .where(visible(scopes))
    .orderBy('sequence')
    .limit(batchSize)
    .execute()
  const more = rows.length === batchSize
  return { visible: rows, cursor: more ? (rows.at(-1)?.sequence ?? newest) : newest, more }
}
