import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { WorkDirectory } from '../../kernel/processes/index.ts'
import { openInside } from '../../kernel/safe/index.ts'
import { platformLogs, userLogs } from './attempt-files.ts'
import { workspaceIdOf } from './job-ids.ts'
import { findAttemptOf } from './step-store.ts'

/** Logs as the attempt writes them: the same files while it runs and after. A reused step shows the logs of its source. */

const logFolders = [userLogs, platformLogs]
const chunkBytes = 1024 * 1024
const streamPollMs = 200

interface LogPlace {
  readonly directory: WorkDirectory
  readonly complete: boolean
}

export async function listLogs(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const place = await findLogs(ctx, request.scope)
  const files = place === undefined ? [] : (await Promise.all(logFolders.map((folder) => place.directory.files(folder)))).flat()
  return ok({ value: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })), complete: place?.complete ?? false })
}

interface LogQuery {
  readonly offset?: number | undefined
  readonly limit?: number | undefined
}

/** `…/logs/{path}` gives bytes, `…/logs/{path}/stream` server-sent events. */
export async function readLog(ctx: Context, request: ApiRequest<LogQuery>): Promise<ApiReply> {
  const path = request.params['path'] ?? ''
  if (path.endsWith('/stream')) return streamLog(ctx, request, path.slice(0, -'/stream'.length))
  const place = await requireLogs(ctx, request.scope, path)
  const { bytes, size } = await readBytes(
    place.directory,
    path,
    request.query.offset ?? 0,
    request.query.limit ?? 16 * chunkBytes,
  )
  return {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-log-size': String(size),
      'x-log-complete': String(place.complete),
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
      const place = await findLogs(ctx, request.scope)
      const found =
        place === undefined ? undefined : await readBytes(place.directory, path, offset, chunkBytes).catch(() => undefined)
      if (found !== undefined && found.bytes.length > 0) {
        offset += found.bytes.length
        stream.write(
          `id: ${offset}\ndata: ${JSON.stringify({ offset, text: decoder.decode(found.bytes, { stream: true }) })}\n\n`,
        )
      } else if (place?.complete === true) {
        stream.end(`event: end\ndata: {"offset":${offset}}\n\n`)
        return
      } else await delay(streamPollMs)
    }
  }
  pump().catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined))
  return { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }, raw: stream }
}

async function readBytes(
  directory: WorkDirectory,
  path: string,
  offset: number,
  limit: number,
): Promise<{ bytes: Buffer; size: number }> {
  const known = logFolders.some((folder) => path.startsWith(`${folder}/`))
  // Claimed, but its directory is not made yet.
  if (!known || !(await directory.exists())) throw notFound('Log', path)
  const handle = await openInside(directory.path, path)
  try {
    const { size } = await handle.stat()
    const length = Math.max(0, Math.min(limit, size - offset))
    const buffer = Buffer.alloc(length)
    const { bytesRead } = length === 0 ? { bytesRead: 0 } : await handle.read(buffer, 0, length, offset)
    return { bytes: buffer.subarray(0, bytesRead), size }
  } finally {
    await handle.close()
  }
}

async function requireLogs(ctx: Context, jobResourceId: string, path: string): Promise<LogPlace> {
  await requireJob(ctx, jobResourceId)
  const place = await findLogs(ctx, jobResourceId)
  if (place === undefined) throw notFound('Log', path, 'The job has not started yet.')
  return place
}

async function requireJob(ctx: Context, jobResourceId: string): Promise<void> {
  await ctx.resources.require(jobResourceId)
}

async function findLogs(ctx: Context, jobResourceId: string): Promise<LogPlace | undefined> {
  const step = await findAttemptOf(ctx.db.kysely, jobResourceId)
  if (step === undefined) return undefined
  const source = step.outcome === 'Reused' ? step.reuse_decision?.jobName : undefined
  if (source !== undefined) return findLogs(ctx, `${workspaceIdOf(jobResourceId)}/jobs/${source}`)
  return { directory: new WorkDirectory(step.directory), complete: step.state === 'Done' }
}
