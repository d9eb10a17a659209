import './tables.ts'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { BlobAddress } from './blob-store.ts'

/** SQL of blocks: those uploaded and waiting for a block list, and the lists that were committed. */

export interface Block {
  readonly id: string
  readonly sizeBytes: number
}

export interface StagedBlock extends Block {
  readonly digest: string
}

export async function stageBlock(
  db: Executor,
  ctx: Pick<Context, 'clock'>,
  address: BlobAddress,
  block: StagedBlock,
): Promise<void> {
  await db
    .insertInto('blob_blocks')
    .values({
      account: address.account,
      container: address.container,
      name: address.name,
      block_id: block.id,
      digest: block.digest,
      size_bytes: block.sizeBytes,
      created_at: ctx.clock.now(),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['account', 'container', 'name', 'block_id'])
        .doUpdateSet({ digest: block.digest, size_bytes: block.sizeBytes }),
    )
    .execute()
}

/** What was staged for a blob, by id. */
export async function stagedBlocks(db: Executor, address: BlobAddress): Promise<StagedBlock[]> {
  const rows = await db
    .selectFrom('blob_blocks')
    .select(['block_id', 'digest', 'size_bytes'])
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .orderBy('block_id')
    .execute()
  return rows.map((row) => ({ id: row.block_id, digest: row.digest, sizeBytes: Number(row.size_bytes) }))
}

/** Any one staged block; its id tells the length that all ids of the blob have. */
export async function anyStagedBlock(db: Executor, address: BlobAddress): Promise<{ id: string } | undefined> {
  const row = await db
    .selectFrom('blob_blocks')
    .select('block_id')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : { id: row.block_id }
}

export async function dropBlocks(db: Executor, address: BlobAddress): Promise<void> {
  await db
    .deleteFrom('blob_blocks')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .execute()
}

/** The blocks a blob was made of, in order; none for one that was put whole. */
export async function committedBlocks(db: Executor, address: BlobAddress): Promise<Block[]> {
  const row = await db
    .selectFrom('blob_block_lists')
    .select('blocks')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .executeTakeFirst()
  return ((row?.blocks ?? []) as [string, number][]).map(([id, sizeBytes]) => ({ id, sizeBytes }))
}

export async function saveCommittedBlocks(db: Executor, address: BlobAddress, blocks: readonly Block[]): Promise<void> {
  const text = JSON.stringify(blocks.map(({ id, sizeBytes }) => [id, sizeBytes]))
  await db
    .insertInto('blob_block_lists')
    .values({ account: address.account, container: address.container, name: address.name, blocks: text })
    .onConflict((conflict) => conflict.columns(['account', 'container', 'name']).doUpdateSet({ blocks: text }))
    .execute()
}
