import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { readAll } from '../../../kernel/http/index.ts'
import { requireTags } from '../tag-conditions.ts'
import { accessTier, type TierRecord } from '../tiers.ts'
import { checkWrite, writeBlob } from '../write-blob.ts'
import { notOffered, storageError } from '../storage-error.ts'
import type { BlobDraft, BlobHeaders } from '../blob-store.ts'
import { checkedBody } from './checked-body.ts'
import { putFromUrl } from './copy.ts'
import { invalidHeader, metadataOf, requireBlobName, written, type StorageRequest } from './request.ts'

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

/** What the headers of a request say of the blob it makes, content aside. */
export function draftOf(ctx: Context, request: StorageRequest): Omit<BlobDraft, 'digest' | 'sizeBytes'> {
  return {
    name: request.name,
    metadata: metadataOf(request),
    contentType: request.header('x-ms-blob-content-type'),
    headers: blobHeadersOf(request),
    tags: tagsOf(request),
    tier: tierOf(ctx, request),
  }
}

/** `x-ms-blob-*` headers. */
export function blobHeadersOf(request: StorageRequest): BlobHeaders {
  const pairs = {
    cacheControl: request.header('x-ms-blob-cache-control'),
    contentEncoding: request.header('x-ms-blob-content-encoding'),
    contentLanguage: request.header('x-ms-blob-content-language'),
    contentDisposition: request.header('x-ms-blob-content-disposition'),
    contentMd5: request.header('x-ms-blob-content-md5'),
  }
  return Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== undefined))
}

/** `x-ms-tags: a=b&c=d`, percent-encoded. */
export function tagsOf(request: StorageRequest): Readonly<Record<string, string>> {
  return requireTags(Object.fromEntries(new URLSearchParams(request.header('x-ms-tags') ?? '')))
}

export function tierOf(ctx: Context, request: StorageRequest): TierRecord | undefined {
  const tier = accessTier(request.header('x-ms-access-tier'))
  return tier === undefined ? undefined : { tier, changedAt: ctx.clock.now().toISOString() }
}
