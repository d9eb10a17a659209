import './tables.ts'
import { sql, type Selectable } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { Lease } from './leases.ts'
import type { BlobsTable } from './tables.ts'
import type { TierRecord } from './tiers.ts'

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
  readonly blobType: BlobType
  readonly headers: BlobHeaders
  readonly tags: Readonly<Record<string, string>>
  readonly tier: TierRecord | undefined
  readonly lease: Lease | undefined
  readonly copy: CopyRecord | undefined
  /** When it was taken, for a snapshot. */
  readonly snapshot?: string
}

export type BlobType = 'BlockBlob' | 'AppendBlob'

/** What a blob is sent with, besides its content type. */
export interface BlobHeaders {
  readonly cacheControl?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  /** Base64 (RFC 1864). */
  readonly contentMd5?: string
  /** Of an append blob. */
  readonly appendedBlocks?: number
}

/** The last copy that made the blob. */
export interface CopyRecord {
  readonly id: string
  readonly source: string
  readonly status: 'success'
  readonly completedAt: string
}

export interface BlobDraft {
  readonly name: string
  readonly digest: string
  readonly sizeBytes: number
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly blobType?: BlobType | undefined
  readonly headers?: BlobHeaders | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly tier?: TierRecord | undefined
  readonly copy?: CopyRecord | undefined
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
  ctx: Pick<Context, 'clock' | 'ids'>,
  entry: ContainerAddress & { ownerId?: string | undefined; metadata?: Readonly<Record<string, string>> | undefined },
): Promise<boolean> {
  const result = await db
    .insertInto('blob_containers')
    .values({
      account: entry.account,
      name: entry.container,
      owner_id: entry.ownerId?.toLowerCase() ?? null,
      created_at: ctx.clock.now(),
      etag: newEtag(ctx),
      metadata: JSON.stringify(entry.metadata ?? {}),
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
  return row === undefined ? undefined : blobOfRow(row)
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
          etag: newEtag(ctx),
          created_at: now,
          modified_at: now,
          blob_type: draft.blobType ?? 'BlockBlob',
          headers: JSON.stringify(draft.headers ?? {}),
          tags: JSON.stringify(draft.tags ?? {}),
          tier: jsonOrNull(draft.tier),
          copy: jsonOrNull(draft.copy),
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
          blob_type: excluded.ref('excluded.blob_type'),
          headers: excluded.ref('excluded.headers'),
          tags: excluded.ref('excluded.tags'),
          tier: excluded.ref('excluded.tier'),
          copy: excluded.ref('excluded.copy'),
        })),
      )
      .returningAll()
      .execute()
    // Blocks of what was there before are none of the new content.
    await db
      .deleteFrom('blob_block_lists')
      .where('account', '=', target.account)
      .where('container', '=', target.container)
      .where(
        'name',
        'in',
        rows.map((row) => row.name),
      )
      .execute()
    written.push(...rows.map(blobOfRow))
  }
  return written
}

export interface BlobChanges {
  readonly metadata?: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly headers?: BlobHeaders
  readonly tags?: Readonly<Record<string, string>>
  readonly tier?: TierRecord
  readonly lease?: Lease | undefined
}

/** Changes members of a blob. Metadata and headers give it a new etag; tags, tiers and leases do not, as on Azure. */
export async function updateBlob(
  db: Executor,
  ctx: Pick<Context, 'clock' | 'ids'>,
  address: BlobAddress,
  changes: BlobChanges,
): Promise<BlobFacts | undefined> {
  const touches = changes.metadata !== undefined || changes.headers !== undefined || changes.contentType !== undefined
  const row = await db
    .updateTable('blobs')
    .set({
      ...(changes.metadata === undefined ? {} : { metadata: JSON.stringify(changes.metadata) }),
      ...(changes.contentType === undefined ? {} : { content_type: changes.contentType }),
      ...(changes.headers === undefined ? {} : { headers: JSON.stringify(changes.headers) }),
      ...(changes.tags === undefined ? {} : { tags: JSON.stringify(changes.tags) }),
      ...(changes.tier === undefined ? {} : { tier: jsonOrNull(changes.tier) }),
      ...('lease' in changes ? { lease: jsonOrNull(changes.lease) } : {}),
      ...(touches ? { etag: newEtag(ctx), modified_at: ctx.clock.now() } : { etag: sql<string>`etag` }),
    })
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? undefined : blobOfRow(row)
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
  return rows.map(blobOfRow)
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

export function newEtag(ctx: Pick<Context, 'ids'>): string {
  return `"0x${ctx.ids.bytes(8).toString('hex').toUpperCase()}"`
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

export function blobOfRow(row: Selectable<BlobsTable>): BlobFacts {
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
    blobType: row.blob_type === 'AppendBlob' ? 'AppendBlob' : 'BlockBlob',
    headers: row.headers as BlobHeaders,
    tags: row.tags as Record<string, string>,
    tier: (row.tier ?? undefined) as TierRecord | undefined,
    lease: (row.lease ?? undefined) as Lease | undefined,
    copy: (row.copy ?? undefined) as CopyRecord | undefined,
  }
}
