import type { Context } from '../../context.ts'
import type { StoredContent } from '../../kernel/content/index.ts'
import { committedBlocks, stagedBlocks, type Block } from './block-store.ts'
import { findBlob, type BlobAddress } from './blob-store.ts'
import { storageError } from './storage-error.ts'

/** Which block is meant: the one waiting, the one in the blob, or the newer of both. */
export interface BlockChoice {
  readonly from: 'latest' | 'committed' | 'uncommitted'
  readonly id: string
}

/** Bytes of a stored object. */
interface Piece extends Block {
  readonly digest: string
  /** Absent: all of it. */
  readonly start?: number
}

const mostBlobBytes = 50_000 * 4_000 * 1024 * 1024

/**
 * Joins blocks into one object, streaming.
 * @returns the object and its blocks in order
 * @throws StorageError 400 InvalidBlockList a block is not there
 */
export async function commitBlocks(
  ctx: Context,
  address: BlobAddress,
  choices: readonly BlockChoice[],
): Promise<{ readonly stored: StoredContent; readonly blocks: readonly Block[] }> {
  const staged = new Map((await stagedBlocks(ctx.db.kysely, address)).map((block): [string, Piece] => [block.id, block]))
  const committed = await committedPieces(ctx, address)
  const pieces = choices.map(({ from, id }) => {
    const piece = (from === 'committed' ? undefined : staged.get(id)) ?? (from === 'uncommitted' ? undefined : committed.get(id))
    if (piece === undefined)
      throw storageError(
        400,
        'InvalidBlockList',
        `The block list names the block '${id.slice(0, 100)}', which was not uploaded.`,
        id,
      )
    return piece
  })
  return { stored: await joined(ctx, pieces), blocks: pieces }
}

/** Blocks of the blob as it is: ranges of its object. */
async function committedPieces(ctx: Context, address: BlobAddress): Promise<Map<string, Piece>> {
  const blob = await findBlob(ctx.db.kysely, address)
  const pieces = new Map<string, Piece>()
  if (blob === undefined) return pieces
  let start = 0
  for (const block of await committedBlocks(ctx.db.kysely, address)) {
    pieces.set(block.id, { ...block, digest: blob.digest, start })
    start += block.sizeBytes
  }
  return pieces
}

async function joined(ctx: Context, pieces: readonly Piece[]): Promise<StoredContent> {
  const [only] = pieces
  // One whole block is an object already.
  if (only !== undefined && pieces.length === 1 && only.start === undefined) return ctx.content.stat(only.digest)
  return ctx.content.put(bytesOf(ctx, pieces), { maximumBytes: mostBlobBytes })
}

async function* bytesOf(ctx: Context, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const { digest, start, sizeBytes } of pieces)
    yield* await ctx.content.open(digest, start === undefined ? {} : { start, endExclusive: start + sizeBytes })
}
