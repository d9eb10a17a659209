import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { flushPath, stageAppend } from '../append-path.ts'
import { findBlob, type BlobFacts } from '../blob-store.ts'
import { checkedBody } from '../blob/checked-body.ts'
import { written, type StorageRequest } from '../blob/request.ts'
import { blobNotFound, storageError } from '../storage-error.ts'
import { checkWrite } from '../write-blob.ts'
import { dataLakeHeaders, pathOf } from './paths.ts'

const mostAppendBytes = 4_000 * 1024 * 1024

function positionOf(request: StorageRequest): number {
  const text = request.query('position')
  if (text === undefined || !/^\d{1,15}$/.test(text))
    throw storageError(400, 'InvalidQueryParameterValue', 'position is a whole number of bytes from 0 on.', 'position')
  return Number(text)
}

/** Path Update, action=append. */
export async function appendData(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  await request.permit(ctx, 'writeBlob', address.name)
  const position = positionOf(request)
  const { conditions: _conditions, createsOnly: _createsOnly, ...guard } = request.guard()
  await checkWrite(ctx, address, guard)
  const file = await requireFile(ctx, request)
  const body = checkedBody(request)
  const stored = await ctx.content.put(body.source, { maximumBytes: mostAppendBytes, signal: request.api.signal })
  if (stored.sizeBytes > 0) await stageAppend(ctx, file, position, stored)
  if (request.queryWord('flush') === 'true') return { ...(await flush(ctx, request, position + stored.sizeBytes)), status: 202 }
  return { status: 202, headers: { ...body.headers(), 'x-ms-request-server-encrypted': 'true' } }
}

async function requireFile(ctx: Context, request: StorageRequest): Promise<BlobFacts> {
  const file = await findBlob(ctx.db.kysely, pathOf(request))
  if (file === undefined) throw blobNotFound(request.name)
  return file
}

/** Path Update, action=flush. */
export async function flushData(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeBlob', pathOf(request).name)
  return flush(ctx, request, positionOf(request))
}

async function flush(ctx: Context, request: StorageRequest, position: number): Promise<ApiReply> {
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  const contentType = request.header('x-ms-content-type')
  const file = await flushPath(ctx, pathOf(request), { position, guard, contentType, headers: dataLakeHeaders(request) })
  return written(file, 200, { 'content-length': '0' })
}
