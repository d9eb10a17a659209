import type { Context } from '../../../context.ts'
import type { StoredContent } from '../../../kernel/content/index.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { upsertBlobs, type BlobFacts } from '../blob-store.ts'
import { storageError } from '../storage-error.ts'
import { lockExisting } from '../write-blob.ts'
import { checkedBody } from './checked-body.ts'
import { blockFromUrl } from './copy.ts'
import { invalidHeader, written, type StorageRequest } from './request.ts'

const mostBlockBytes = 100 * 1024 * 1024
const mostBlocks = 50_000

/** Append Block, and Append Block From URL. The blob's object is written anew with each block: append in few large ones. */
export async function appendBlock(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'appendBlob')
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  const isCopy = request.header('x-ms-copy-source') !== undefined
  const body = checkedBody(request)
  const block = isCopy
    ? await blockFromUrl(ctx, request)
    : await ctx.content.put(body.source, { maximumBytes: mostBlockBytes, signal: request.api.signal })
  if (block.sizeBytes === 0) throw invalidHeader('content-length', '0', 'a block has at least one byte')
  return ctx.db.transaction(async (tx) => {
    const blob = await lockExisting(tx, ctx, request.blob, guard)
    const count = requireAppendable(request, blob, block)
    const stored = await ctx.content.concatenate([blob.digest, block.digest])
    const headers = { ...blob.headers, appendedBlocks: count + 1 }
    const { contentType, metadata, tags, blobType } = blob
    const [after] = await upsertBlobs(tx, ctx, request.container, [
      { name: blob.name, ...stored, contentType, metadata, tags, blobType, headers },
    ])
    if (after === undefined) throw new Error(`The blob '${blob.name}' was not written.`)
    return written(after, 201, {
      'x-ms-blob-append-offset': String(blob.sizeBytes),
      'x-ms-blob-committed-block-count': String(count + 1),
      ...(isCopy ? {} : body.headers()),
    })
  })
}

/** @returns how many blocks it has now */
function requireAppendable(request: StorageRequest, blob: BlobFacts, block: StoredContent): number {
  if (blob.blobType !== 'AppendBlob')
    throw storageError(409, 'InvalidBlobType', 'Blocks are appended to append blobs only; this is a block blob.')
  const count = blob.headers.appendedBlocks ?? 0
  if (count >= mostBlocks) throw storageError(409, 'BlockCountExceedsLimit', `An append blob has at most ${mostBlocks} blocks.`)
  const position = numberHeader(request, 'x-ms-blob-condition-appendpos')
  if (position !== undefined && position !== blob.sizeBytes)
    throw storageError(412, 'AppendPositionConditionNotMet', `The blob has ${blob.sizeBytes} bytes, not ${position}.`)
  const most = numberHeader(request, 'x-ms-blob-condition-maxsize')
  if (most !== undefined && blob.sizeBytes + block.sizeBytes > most)
    throw storageError(412, 'MaxBlobSizeConditionNotMet', `The blob would have more than ${most} bytes.`)
  return count
}

export function numberHeader(request: StorageRequest, name: string): number | undefined {
  const text = request.header(name)
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw invalidHeader(name, text, 'write a whole number')
  return Number(text)
}
