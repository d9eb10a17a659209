import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { readAll } from '../../../kernel/http/index.ts'
import { findBlob, type BlobFacts } from '../blob-store.ts'
import { judgeConditions } from '../conditions.ts'
import { readContainer } from '../container-store.ts'
import { requireLease } from '../leases.ts'
import { findSnapshot } from '../snapshot-store.ts'
import { blobArchived, blobNotFound, conditionNotMet, containerNotFound, notOffered, storageError } from '../storage-error.ts'
import { isArchived } from '../tiers.ts'
import { blobHeaders } from './blob-headers.ts'
import { rangeOf, type WantedRange } from './ranges.ts'
import { conditionsOf, type StorageRequest } from './request.ts'
import { storageCodeOf } from './errors.ts'
import { element, xmlDocument } from './xml.ts'

/** Ranges up to this size are answered with their own MD5. */
const mostHashedBytes = 4 * 1024 * 1024

/** The blob or snapshot that a request names. @throws StorageError 404 */
export async function requestedBlob(ctx: Context, request: StorageRequest): Promise<BlobFacts> {
  const snapshot = request.query('snapshot')
  if (request.query('versionid') !== undefined)
    throw notOffered('Versioning', 'Take a snapshot (comp=snapshot) and read it with ?snapshot=.')
  const blob =
    snapshot === undefined
      ? await findBlob(ctx.db.kysely, request.blob)
      : await findSnapshot(ctx.db.kysely, request.blob, snapshot)
  if (blob !== undefined) return blob
  if ((await readContainer(ctx.db.kysely, request.container)) === undefined) throw containerNotFound(request.address.container)
  throw blobNotFound(request.name)
}

/** A blob whose conditions were looked at, or the answer 304. */
async function readable(ctx: Context, request: StorageRequest): Promise<{ blob: BlobFacts; unchanged: ApiReply | undefined }> {
  const blob = await requestedBlob(ctx, request)
  const leaseId = request.header('x-ms-lease-id')
  requireLease(blob.lease, leaseId, { what: 'Blob', needsLease: false, now: ctx.clock.now() })
  const verdict = judgeConditions(blob, conditionsOf(request))
  if (verdict === 'fails') throw conditionNotMet(blob.name)
  const headers = { etag: blob.etag, 'last-modified': blob.modifiedAt.toUTCString(), 'x-ms-error-code': 'ConditionNotMet' }
  return { blob, unchanged: verdict === 'unchanged' ? { status: 304, headers } : undefined }
}

const askedBy = (request: StorageRequest) => (name: string) => request.query(name)

/** Get Blob: all of it or a range, streamed. */
export async function getBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readBlob')
  const { blob, unchanged } = await readable(ctx, request)
  if (unchanged !== undefined) return unchanged
  if (isArchived(blob.tier, ctx.clock.now())) throw blobArchived(blob.name)
  const range = rangeOf(request.header('x-ms-range') ?? request.header('range'), blob.sizeBytes)
  const wantsMd5 = request.isTrue('x-ms-range-get-content-md5')
  if (wantsMd5 && range === undefined) throw storageError(400, 'InvalidHeaderValue', 'x-ms-range-get-content-md5 needs a range.')
  if (range === 'unsatisfiable') return unsatisfiable(blob)
  const headers = blobHeaders(blob, ctx.clock.now(), askedBy(request))
  if (range === undefined) {
    const md5 = blob.headers.contentMd5
    return {
      headers: { ...headers, 'content-length': String(blob.sizeBytes), ...(md5 === undefined ? {} : { 'content-md5': md5 }) },
      raw: await opened(ctx, request, blob),
    }
  }
  return partial(ctx, request, { blob, range, headers, wantsMd5 })
}

async function partial(
  ctx: Context,
  request: StorageRequest,
  part: { blob: BlobFacts; range: WantedRange; headers: Record<string, string>; wantsMd5: boolean },
): Promise<ApiReply> {
  const { blob, range } = part
  const length = range.endExclusive - range.start
  if (part.wantsMd5 && length > mostHashedBytes)
    throw storageError(400, 'OutOfRangeInput', 'x-ms-range-get-content-md5 is for ranges up to 4 MiB.', 'x-ms-range')
  const md5 = blob.headers.contentMd5
  const headers = {
    ...part.headers,
    'content-length': String(length),
    'content-range': `bytes ${range.start}-${range.endExclusive - 1}/${blob.sizeBytes}`,
    ...(md5 === undefined ? {} : { 'x-ms-blob-content-md5': md5 }),
  }
  const stream = await opened(ctx, request, blob, range)
  if (!part.wantsMd5) return { status: 206, headers, raw: stream }
  const bytes = await readAll(stream, mostHashedBytes)
  return { status: 206, headers: { ...headers, 'content-md5': createHash('md5').update(bytes).digest('base64') }, raw: bytes }
}

async function opened(ctx: Context, request: StorageRequest, blob: BlobFacts, range?: WantedRange): Promise<Readable> {
  const stream = await ctx.content.open(blob.digest, range)
  request.api.signal.addEventListener('abort', () => stream.destroy(), { once: true })
  return stream
}

function unsatisfiable(blob: BlobFacts): ApiReply {
  const error = storageError(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.')
  return {
    status: 416,
    headers: {
      'content-type': 'application/xml',
      'x-ms-error-code': storageCodeOf(error),
      'content-range': `bytes */${blob.sizeBytes}`,
    },
    raw: xmlDocument('Error', {}, element('Code', error.storageCode), element('Message', error.message)),
  }
}

/** Get Blob Properties. */
export async function headBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readProperties')
  const { blob, unchanged } = await readable(ctx, request)
  if (unchanged !== undefined) return unchanged
  const md5 = blob.headers.contentMd5
  return {
    status: 200,
    headers: {
      ...blobHeaders(blob, ctx.clock.now(), askedBy(request)),
      'content-length': String(blob.sizeBytes),
      ...(md5 === undefined ? {} : { 'content-md5': md5 }),
    },
  }
}

/** Get Blob Metadata. */
export async function getMetadata(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { headers, status } = await headBlob(ctx, request)
  const wanted = Object.entries(headers ?? {}).filter(([name]) =>
    /^(x-ms-meta-|etag$|last-modified$|x-ms-error-code$)/.test(name),
  )
  return { status: status ?? 200, headers: Object.fromEntries(wanted) }
}
