import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { findLogFiles, type LogFiles } from './log-files.ts'

/** Logs as the attempt writes them: the same files while it runs and after. A reused step shows the logs of its source. */

const chunkBytes = 1024 * 1024
const streamPollMs = 200

export async function listLogs(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const logs = await findLogFiles(ctx, request.scope)
  const files = (await logs?.list()) ?? []
  return ok({ value: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })), complete: logs?.complete ?? false })
}

interface LogQuery {
  readonly offset?: number | undefined
  readonly limit?: number | undefined
}

/** `…/logs/{path}` gives bytes, `…/logs/{path}/stream` server-sent events. */
export async function readLog(ctx: Context, request: ApiRequest<LogQuery>): Promise<ApiReply> {
  const path = request.params['path'] ?? ''
  if (path.endsWith('/stream')) return streamLog(ctx, request, path.slice(0, -'/stream'.length))
  const logs = await requireLogs(ctx, request.scope, path)
  const { bytes, size } = await logs.read(path, request.query.offset ?? 0, request.query.limit ?? 16 * chunkBytes)
  return {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-log-size': String(size),
      'x-log-complete': String(logs.complete),
      'cache-control': 'no-store',
    },
    raw: bytes,
  }
}

async function streamLog(ctx: Context, request: ApiRequest<LogQuery>, path: string): Promise<ApiReply> {
  const lastEventId = Number(request.headers['last-event-id'])
  const start = Number.isInteger(lastEventId) && lastEventId > 0 ? lastEventId : (request.query.offset ?? 0)
  await requireJob(ctx, request.scope)
  const stream = new PassThrough()
  const pump = async (): Promise<void> => {
    const decoder = new TextDecoder()
    let offset = start
    while (!stream.destroyed && !request.signal.aborted) {
      const logs = await findLogFiles(ctx, request.scope)
      const found = await logs?.read(path, offset, chunkBytes).catch(() => undefined)
      if (found !== undefined && found.bytes.length > 0) {
        offset += found.bytes.length
        stream.write(
          `id: ${offset}\ndata: ${JSON.stringify({ offset, text: decoder.decode(found.bytes, { stream: true }) })}\n\n`,
        )
      } else if (logs?.complete === true) {
        stream.end(`event: end\ndata: {"offset":${offset}}\n\n`)
        return
      } else await delay(streamPollMs)
    }
  }
  pump().catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined))
  return { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }, raw: stream }
}

async function requireLogs(ctx: Context, jobResourceId: string, path: string): Promise<LogFiles> {
  await requireJob(ctx, jobResourceId)
  const place = await findLogFiles(ctx, jobResourceId)
  if (place === undefined) throw notFound('Log', path, 'The job has not started yet.')
  return place
}

async function requireJob(ctx: Context, jobResourceId: string): Promise<void> {
  await ctx.resources.require(jobResourceId)
}
