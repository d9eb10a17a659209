import './tables.ts'
import { sql, type Selectable } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { blobOfRow, type BlobAddress, type BlobFacts, type ContainerAddress } from './blob-store.ts'
import type { BlobsTable } from './tables.ts'

/** SQL of snapshots: rows of their own with the digest of the moment, so they cost no space. */

const columns = sql.raw(
  'account, container, name, digest, size_bytes, content_type, metadata, etag, created_at, modified_at, blob_type, headers, tags, tier, lease, copy',
)

/** Keeps a blob as it is under the time of now, or the next after its latest snapshot. @returns that time */
export async function insertSnapshot(
  db: Executor,
  ctx: Pick<Context, 'clock'>,
  address: BlobAddress,
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<string> {
  const { account, container, name } = address
  const known = await db
    .selectFrom('blob_snapshots')
    .select(sql<string | null>`max(snapshot)`.as('latest'))
    .where('account', '=', account)
    .where('container', '=', container)
    .where('name', '=', name)
    .executeTakeFirst()
  const snapshot = nextTime(ctx.clock.now(), known?.latest ?? '')
  const own = metadata === undefined ? null : JSON.stringify(metadata)
  await sql`insert into blob_snapshots (${columns}, snapshot)
    select ${columns}, ${snapshot} from blobs
    where account = ${account} and container = ${container} and name = ${name}`.execute(db)
  if (own === null) return snapshot
  await db
    .updateTable('blob_snapshots')
    .set({ metadata: own })
    .where('account', '=', account)
    .where('container', '=', container)
    .where('name', '=', name)
    .where('snapshot', '=', snapshot)
    .execute()
  return snapshot
}

/** As Azure writes it, with seven digits of the second; later than `latest`. */
function nextTime(now: Date, latest: string): string {
  const text = `${now.toISOString().slice(0, -1)}0000Z`
  if (text > latest) return text
  const ticks = Number(latest.slice(20, 27)) + 1
  return ticks < 10_000_000
    ? `${latest.slice(0, 20)}${String(ticks).padStart(7, '0')}Z`
    : nextTime(new Date(Date.parse(`${latest.slice(0, 19)}Z`) + 1_000), '')
}

export async function findSnapshot(db: Executor, address: BlobAddress, snapshot: string): Promise<BlobFacts | undefined> {
  const row = await db
    .selectFrom('blob_snapshots')
    .selectAll()
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .where('snapshot', '=', snapshot)
    .executeTakeFirst()
  return row === undefined ? undefined : { ...blobOfRow(row), lease: undefined, snapshot }
}

export async function hasSnapshots(db: Executor, address: BlobAddress): Promise<boolean> {
  const row = await db
    .selectFrom('blob_snapshots')
    .select('snapshot')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Deletes one snapshot, or all of a blob. @returns how many */
export async function deleteSnapshots(db: Executor, address: BlobAddress, snapshot?: string): Promise<number> {
  let query = db
    .deleteFrom('blob_snapshots')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('name', '=', address.name)
  if (snapshot !== undefined) query = query.where('snapshot', '=', snapshot)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

export interface ListedBlob extends BlobFacts {
  /** True for one of which only blocks were uploaded. */
  readonly uncommitted?: boolean
}

export interface BlobListQuery extends ContainerAddress {
  readonly prefix: string
  /** Where to begin, this one included: a name, and a snapshot of it. */
  readonly from: { readonly name: string; readonly snapshot?: string | undefined } | undefined
  readonly limit: number
  readonly snapshots: boolean
  readonly uncommitted: boolean
}

/** After every time of a snapshot in text order: the blob itself follows its snapshots. */
export const currentRank = '~'

/** Blobs, and on request their snapshots and those with blocks only, in the order of names and times. */
export async function selectListed(db: Executor, query: BlobListQuery): Promise<ListedBlob[]> {
  const { account, container, prefix, from } = query
  const where = sql`account = ${account} and container = ${container} and name >= ${prefix} and starts_with(name, ${prefix})`
  const start =
    from === undefined
      ? sql``
      : from.snapshot === undefined
        ? sql`where name >= ${from.name}`
        : sql`where (name, rank) >= (${from.name}::text collate "C", ${from.snapshot}::text collate "C")`
  const snapshots = query.snapshots
    ? sql`union all select ${columns}, snapshot collate "C" as rank from blob_snapshots where ${where}`
    : sql``
  const uncommitted = query.uncommitted
    ? sql`union all select account, container, name, '', 0, '', '{}', '', min(created_at), min(created_at), 'BlockBlob', '{}', '{}', null, null, null, '!' collate "C"
        from blob_blocks where ${where} and not exists (select from blobs where blobs.account = blob_blocks.account
          and blobs.container = blob_blocks.container and blobs.name = blob_blocks.name)
        group by account, container, name`
    : sql``
  const { rows } = await sql<Selectable<BlobsTable> & { rank: string }>`
    select * from (
      select ${columns}, ${currentRank}::text collate "C" as rank from blobs where ${where} ${snapshots} ${uncommitted}
    ) listed ${start} order by name, rank limit ${query.limit}`.execute(db)
  return rows.map((row) => {
    const blob = blobOfRow(row)
    if (row.rank === '!') return { ...blob, uncommitted: true }
    return row.rank === currentRank ? blob : { ...blob, lease: undefined, snapshot: row.rank }
  })
}
