import type { Context } from '../../context.ts'
import type { StoredContent } from '../../kernel/content/index.ts'
import { dropBlocks, stageBlock, stagedBlocks } from './block-store.ts'
import { upsertBlobs, type BlobAddress, type BlobFacts, type BlobHeaders } from './blob-store.ts'
import { isFolder } from './path-access.ts'
import { storageError } from './storage-error.ts'
import { lockExisting, type WriteGuard } from './write-blob.ts'

/** Ids of what waits to be flushed; no block id of the Blob protocol begins so. */
const idAt = (position: number): string => `@${String(position).padStart(16, '0')}`

/** Keeps bytes for a position of a file; they are part of it once they are flushed. */
export async function stageAppend(ctx: Context, file: BlobFacts, position: number, stored: StoredContent): Promise<void> {
  requireFile(file)
  if (position < file.sizeBytes)
    throw storageError(
      400,
      'InvalidFlushPosition',
      `The file has ${file.sizeBytes} bytes; data is appended from there on, not at ${position}.`,
      'position',
    )
  await stageBlock(ctx.db.kysely, ctx, file, { id: idAt(position), ...stored })
}

/**
 * Makes appended bytes part of a file, up to `position`, which becomes its length.
 * @throws StorageError 400 InvalidFlushPosition bytes before it are missing, or there are more
 */
export async function flushPath(
  ctx: Context,
  address: BlobAddress,
  request: {
    readonly position: number
    readonly guard: WriteGuard
    readonly contentType?: string | undefined
    readonly headers: BlobHeaders
  },
): Promise<BlobFacts> {
  const { position, guard, contentType, headers } = request
  return ctx.db.transaction(async (tx) => {
    const file = await lockExisting(tx, ctx, address, guard)
    requireFile(file)
    const pieces = (await stagedBlocks(tx, address)).filter(({ id }) => id.startsWith('@'))
    let end = file.sizeBytes
    for (const piece of pieces) {
      if (piece.id !== idAt(end)) throw wrongPosition(position, end)
      end += piece.sizeBytes
    }
    if (end !== position) throw wrongPosition(position, end)
    const digests = [...(file.sizeBytes === 0 ? [] : [file.digest]), ...pieces.map((piece) => piece.digest)]
    const [only = file.digest] = digests
    const stored = digests.length <= 1 ? await ctx.content.stat(only) : await ctx.content.concatenate(digests)
    const { metadata, tags, blobType } = file
    const [written] = await upsertBlobs(tx, ctx, address, [
      {
        name: file.name,
        ...stored,
        metadata,
        tags,
        blobType,
        contentType: contentType ?? file.contentType,
        headers: { ...withoutMd5(file.headers), ...headers },
      },
    ])
    await dropBlocks(tx, address)
    if (written === undefined) throw new Error(`The file '${file.name}' was not written.`)
    return written
  })
}

function withoutMd5({ contentMd5: _md5, ...headers }: BlobHeaders): BlobHeaders {
  return headers
}

function requireFile(file: BlobFacts): void {
  if (isFolder(file)) throw storageError(409, 'ResourceTypeMismatch', `'${file.name}' is a directory; data goes to files.`)
}

function wrongPosition(position: number, end: number) {
  return storageError(
    400,
    'InvalidFlushPosition',
    `Data was appended without a gap up to ${end}; the position ${position} is not that.`,
    'position',
  )
}
