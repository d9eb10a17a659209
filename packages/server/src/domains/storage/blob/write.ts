import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { readAll } from '../../../kernel/http/index.ts'
import { checkWrite, writeBlob } from '../write-blob.ts'
import { notOffered, storageError } from '../storage-error.ts'
import { checkedBody } from './checked-body.ts'
import { putFromUrl } from './copy.ts'
import { draftOf } from './draft.ts'
import { invalidHeader, requireBlobName, written, type StorageRequest } from './request.ts'

/** One body at most: 5,000 MiB, as Azure's Put Blob has it. */
const mostBlobBytes = 5_000 * 1024 * 1024

/** Put Blob: a block blob whole, an empty append blob, or a copy of what a URL names. */
export async function putBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  requireBlobName(request.name)
  switch (request.header('x-ms-blob-type')?.toLowerCase() ?? 'blockblob') {
    case 'blockblob':
      return request.header('x-ms-copy-source') === undefined ? putWhole(ctx, request) : putFromUrl(ctx, request)
    case 'appendblob':
      return putAppendBlob(ctx, request)
    case 'pageblob':
      throw notOffered('A page blob', 'They are disks of virtual machines; use a block blob or an append blob.')
    default:
      throw invalidHeader('x-ms-blob-type', request.header('x-ms-blob-type') ?? '', 'write BlockBlob or AppendBlob')
  }
}

async function putWhole(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'createBlob')
  const guard = request.guard()
  const draft = draftOf(ctx, request)
  // Refused before the body is read where that is possible already; checked again when it is written.
  await checkWrite(ctx, request.blob, guard)
  const body = checkedBody(request)
  const stored = await ctx.content.put(body.source, { maximumBytes: mostBlobBytes, signal: request.api.signal })
  const blob = await writeBlob(
    ctx,
    request.container,
    {
      ...draft,
      ...stored,
      contentType: request.header('x-ms-blob-content-type') ?? request.header('content-type'),
      headers: { contentMd5: body.md5(), ...draft.headers },
    },
    guard,
  )
  return written(blob, 201, body.headers())
}

async function putAppendBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'createBlob')
  if ((await readAll(request.api.stream, 1024)).length > 0)
    throw storageError(400, 'InvalidHeaderValue', 'An append blob is created empty; append blocks to it.', 'content-length')
  const empty = await ctx.content.put(Buffer.alloc(0))
  const draft = draftOf(ctx, request)
  const blob = await writeBlob(
    ctx,
    request.container,
    {
      ...draft,
      ...empty,
      blobType: 'AppendBlob',
      tier: undefined,
      contentType: request.header('x-ms-blob-content-type') ?? request.header('content-type'),
    },
    request.guard(),
  )
  return written(blob, 201)
}
