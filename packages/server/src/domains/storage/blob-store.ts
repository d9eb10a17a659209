import './tables.ts'
import { sql, type Selectable } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { BlobsTable } from './tables.ts'

/** SQL of containers and blobs. Names are keys, compared byte by byte; nothing here touches a file system. */

export interface ContainerAddress {
  readonly account: string
  readonly container: string
}

export interface BlobAddress extends ContainerAddress {
  readonly name: string
}

export interface BlobFacts extends BlobAddress {
  readonly digest: string
  readonly sizeBytes: number
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  /** With its quotation marks, as HTTP carries it. */
  readonly etag: string
  readonly createdAt: Date
  readonly modifiedAt: Date
}

export interface BlobDraft {
  readonly name: string
  readonly digest: string
  readonly sizeBytes: number
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** Conditional headers as sent: entity tags or `*`. */
export interface BlobConditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

const defaultContentType = 'application/octet-stream'

export async function findContainer(
  db: Executor,
  address: ContainerAddress,
): Promise<{ ownerId: string | undefined } | undefined> {
  const row = await db
    .selectFrom('blob_containers')
    .select('owner_id')
    .where('account', '=', address.account)
    .where('name', '=', address.container)
    .executeTakeFirst()
  return row === undefined ? undefined : { ownerId: row.owner_id ?? undefined }
}

/** Creates a container; false when it was there. */
export async function createContainer(
  db: Executor,
  ctx: Pick<Context, 'clock'>,
  entry: ContainerAddress & { ownerId?: string | undefined },
): Promise<boolean> {
  const result = await db
    .insertInto('blob_containers')
    .values({
      account: entry.account,
      name: entry.container,
      owner_id: entry.ownerId?.toLowerCase() ?? null,
      created_at: ctx.clock.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

export async function findBlob(
  db: Executor,
  address: BlobAddress,
  options: { forUpdate?: boolean } = {},
): Promise<BlobFacts | undefined> {
  let query = db
    .selectFrom('blobs')
    .selectAll()
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
  if (options.forUpdate === true) query = query.forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

/** Inserts or replaces blobs in one statement per 500. */
export async function upsertBlobs(
  db: Executor,
  ctx: Pick<Context, 'clock' | 'ids'>,
  target: ContainerAddress,
  drafts: readonly BlobDraft[],
): Promise<BlobFacts[]> {
  const now = ctx.clock.now()
  const written: BlobFacts[] = []
  for (let start = 0; start < drafts.length; start += 500) {
    const rows = await db
      .insertInto('blobs')
      .values(
        drafts.slice(start, start + 500).map((draft) => ({
          account: target.account,
          container: target.container,
          name: draft.name,
          digest: draft.digest,
          size_bytes: draft.sizeBytes,
          content_type: draft.contentType ?? defaultContentType,
          metadata: JSON.stringify(draft.metadata ?? {}),
          etag: `"0x${ctx.ids.bytes(8).toString('hex').toUpperCase()}"`,
          created_at: now,
          modified_at: now,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['account', 'container', 'name']).doUpdateSet((excluded) => ({
          digest: excluded.ref('excluded.digest'),
          size_bytes: excluded.ref('excluded.size_bytes'),
          content_type: excluded.ref('excluded.content_type'),
          metadata: excluded.ref('excluded.metadata'),
          etag: excluded.ref('excluded.etag'),
          modified_at: excluded.ref('excluded.modified_at'),
        })),
      )
      .returningAll()
      .execute()
    written.push(...rows.map(fromRow))
  }
  return written
}

export async function setBlobMetadata(
  db: Executor,
  ctx: Pick<Context, 'clock' | 'ids'>,
  address: BlobAddress,
  metadata: Readonly<Record<string, string>>,
): Promise<BlobFacts | undefined> {
  const row = await db
    .updateTable('blobs')
    .set({
      metadata: JSON.stringify(metadata),
      etag: `"0x${ctx.ids.bytes(8).toString('hex').toUpperCase()}"`,
      modified_at: ctx.clock.now(),
    })
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? undefined : fromRow(row)
}

export async function deleteBlob(db: Executor, address: BlobAddress): Promise<boolean> {
  const result = await db
    .deleteFrom('blobs')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

export interface BlobQuery extends ContainerAddress {
  readonly prefix?: string | undefined
  /** Names after this one only. */
  readonly after?: string | undefined
  /** Names from this one on. */
  readonly from?: string | undefined
  readonly limit: number
}

/** Blobs in name order (bytes). */
export async function selectBlobs(db: Executor, query: BlobQuery): Promise<BlobFacts[]> {
  const { prefix = '', after, from } = query
  let select = db.selectFrom('blobs').selectAll().where('account', '=', query.account).where('container', '=', query.container)
  if (prefix !== '') select = select.where('name', '>=', prefix).where(sql<boolean>`starts_with(name, ${prefix})`)
  if (after !== undefined) select = select.where('name', '>', after)
  if (from !== undefined) select = select.where('name', '>=', from)
  const rows = await select.orderBy('name').limit(query.limit).execute()
  return rows.map(fromRow)
}

/** Every blob below a prefix, read in pages. */
export async function* allBlobs(db: Executor, query: Omit<BlobQuery, 'limit' | 'after' | 'from'>): AsyncGenerator<BlobFacts> {
  const limit = 2_000
  for (let after: string | undefined; ;) {
    const page = await selectBlobs(db, { ...query, after, limit })
    yield* page
    after = page.at(-1)?.name
    if (page.length < limit) return
  }
}

export async function stageBlock(
  db: Executor,
  ctx: Pick<Context, 'clock'>,
  address: BlobAddress,
  block: { blockId: string; digest: string; sizeBytes: number },
): Promise<void> {
  await db
    .insertInto('blob_blocks')
    .values({
      account: address.account,
      container: address.container,
      name: address.name,
      block_id: block.blockId,
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

/** Digest by block id of what was staged for a blob. */
export async function stagedBlocks(db: Executor, address: BlobAddress): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('blob_blocks')
    .select(['block_id', 'digest'])
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .execute()
  return new Map(rows.map((row) => [row.block_id, row.digest]))
}

export async function dropBlocks(db: Executor, address: BlobAddress): Promise<void> {
  await db
    .deleteFrom('blob_blocks')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .execute()
}

function fromRow(row: Selectable<BlobsTable>): BlobFacts {
  return {
    account: row.account,
    container: row.container,
    name: row.name,
    digest: row.digest,
    sizeBytes: Number(row.size_bytes),
    contentType: row.content_type,
    metadata: row.metadata as Record<string, string>,
    etag: row.etag,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  }
}
