import type { Context } from '../../../context.ts'
import type { StoredContent } from '../../../kernel/content/index.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { requireStorageAccess } from '../blob-access.ts'
import { findBlob, type BlobFacts, type CopyRecord } from '../blob-store.ts'
import { judgeConditions } from '../conditions.ts'
import { storageAddressOf } from '../sas/address.ts'
import { verifySigned } from '../sas/verify.ts'
import { findSnapshot } from '../snapshot-store.ts'
import { blobArchived, storageError } from '../storage-error.ts'
import { isArchived } from '../tiers.ts'
import { checkWrite, writeBlob } from '../write-blob.ts'
import { rangeOf } from './ranges.ts'
import { conditionsOf, metadataOf, requireBlobName, written, type StorageRequest } from './request.ts'
import { draftOf, tierOf } from './draft.ts'

const mostRangeBytes = 4_000 * 1024 * 1024

/**
 * Copy Blob and Copy Blob From URL. Both are done at once, since a copy on this server is another name for the same content; the first is answered as
 * Azure answers a copy that has ended already.
 */
export async function copyBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  requireBlobName(request.name)
  await request.permit(ctx, 'createBlob')
  const guard = request.guard()
  await checkWrite(ctx, request.blob, guard)
  const source = await sourceOf(ctx, request)
  const now = ctx.clock.now().toISOString()
  const copy: CopyRecord = { id: ctx.ids.uuid(), source: withoutQuery(request), status: 'success', completedAt: now }
  const { metadata, tags } = draftOf(ctx, request)
  const blob = await writeBlob(
    ctx,
    request.container,
    {
      ...likeness(source),
      name: request.name,
      metadata: Object.keys(metadata ?? {}).length > 0 ? metadata : source.metadata,
      tags,
      tier: tierOf(ctx, request),
      copy,
    },
    guard,
  )
  return written(blob, 202, { 'x-ms-copy-id': copy.id, 'x-ms-copy-status': copy.status })
}

/** Put Blob From URL: a block blob with the content of another, and headers of its own. */
export async function putFromUrl(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'createBlob')
  const guard = request.guard()
  await checkWrite(ctx, request.blob, guard)
  const source = await sourceOf(ctx, request)
  const draft = draftOf(ctx, request)
  const taken = request.header('x-ms-copy-source-blob-properties')?.toLowerCase() === 'false' ? {} : source.headers
  const blob = await writeBlob(
    ctx,
    request.container,
    {
      ...draft,
      digest: source.digest,
      sizeBytes: source.sizeBytes,
      contentType: draft.contentType ?? source.contentType,
      headers: { ...taken, ...draft.headers },
      metadata: metadataOf(request),
    },
    guard,
  )
  return written(blob, 201)
}

/** Abort Copy Blob: no copy is ever under way here. */
export async function abortCopy(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeBlob')
  throw storageError(409, 'NoPendingCopyOperation', 'There is no copy under way; copies on this server end before they answer.')
}

/** The bytes that a block takes from a URL. */
export async function blockFromUrl(ctx: Context, request: StorageRequest): Promise<StoredContent> {
  const source = await sourceOf(ctx, request)
  const header = request.header('x-ms-source-range')
  const range = rangeOf(header, source.sizeBytes)
  if (range === 'unsatisfiable' || (header !== undefined && range === undefined))
    throw storageError(
      416,
      'InvalidRange',
      `x-ms-source-range '${header}' is not within the ${source.sizeBytes} bytes of the source.`,
    )
  if (range === undefined) return ctx.content.stat(source.digest)
  return ctx.content.put(await ctx.content.open(source.digest, range), {
    maximumBytes: mostRangeBytes,
    signal: request.api.signal,
  })
}

function likeness(source: BlobFacts) {
  const { digest, sizeBytes, contentType, headers, blobType } = source
  return { digest, sizeBytes, contentType, headers, blobType }
}

function withoutQuery(request: StorageRequest): string {
  return (request.header('x-ms-copy-source') ?? '').split('?', 1)[0] ?? ''
}

/** The blob that `x-ms-copy-source` names, as its own signature or the caller may read it. @throws StorageError */
async function sourceOf(ctx: Context, request: StorageRequest): Promise<BlobFacts> {
  const text = request.header('x-ms-copy-source') ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  const address = url === undefined ? undefined : storageAddressOf(url.pathname)
  if (url === undefined || address === undefined || address.name === '')
    throw storageError(400, 'InvalidHeaderValue', 'x-ms-copy-source is not the URL of a blob on this server.', 'x-ms-copy-source')
  if (url.host.toLowerCase() !== request.api.headers.host?.toLowerCase())
    throw storageError(
      404,
      'CannotVerifyCopySource',
      `'${url.host}' is another server; only blobs of this one are copied. Download the data and upload it here.`,
      'x-ms-copy-source',
    )
  const snapshot = url.searchParams.get('snapshot') ?? undefined
  const signed = await verifySigned(ctx, {
    method: 'GET',
    url: `${url.pathname}${url.search}`,
    headers: {},
    protocol: url.protocol.slice(0, -1),
    remoteAddress: '127.0.0.1',
  })
  const target = { ...address, snapshot }
  await requireStorageAccess(ctx, signed ?? request.api.actor, { target, need: 'readBlob', requestId: request.api.id })
  const source =
    snapshot === undefined ? await findBlob(ctx.db.kysely, address) : await findSnapshot(ctx.db.kysely, address, snapshot)
  if (source === undefined)
    throw storageError(404, 'CannotVerifyCopySource', `The source '${address.container}/${address.name}' was not found.`)
  if (isArchived(source.tier, ctx.clock.now())) throw blobArchived(source.name)
  if (judgeConditions(source, conditionsOf(request, 'x-ms-source-')) !== 'holds')
    throw storageError(412, 'SourceConditionNotMet', 'A condition on the source of the copy does not hold.')
  return source
}
