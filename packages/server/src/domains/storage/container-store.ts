import './tables.ts'
import { sql, type Selectable } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { newEtag, type ContainerAddress } from './blob-store.ts'
import type { Lease } from './leases.ts'
import type { BlobContainersTable } from './tables.ts'

/** SQL of containers with all that the Blob protocol knows of them. */

export interface ContainerFacts extends ContainerAddress {
  readonly ownerId: string | undefined
  readonly etag: string
  readonly createdAt: Date
  readonly modifiedAt: Date
  readonly metadata: Readonly<Record<string, string>>
  readonly policies: readonly AccessPolicy[]
  readonly lease: Lease | undefined
}

/** A stored access policy: what a signature that names it may, and until when. */
export interface AccessPolicy {
  readonly id: string
  readonly startsOn?: string
  readonly expiresOn?: string
  readonly permissions?: string
}

export async function readContainer(
  db: Executor,
  address: ContainerAddress,
  options: { readonly forUpdate?: boolean } = {},
): Promise<ContainerFacts | undefined> {
  let query = db
    .selectFrom('blob_containers')
    .selectAll()
    .where('account', '=', address.account)
    .where('name', '=', address.container)
  if (options.forUpdate === true) query = query.forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : factsOf(row)
}

export interface ContainerChanges {
  readonly metadata?: Readonly<Record<string, string>>
  readonly policies?: readonly AccessPolicy[]
  readonly lease?: Lease | undefined
}

/** Metadata and policies give the container a new etag; a lease does not. */
export async function updateContainer(
  db: Executor,
  ctx: Pick<Context, 'clock' | 'ids'>,
  address: ContainerAddress,
  changes: ContainerChanges,
): Promise<void> {
  const touches = changes.metadata !== undefined || changes.policies !== undefined
  await db
    .updateTable('blob_containers')
    .set({
      ...(changes.metadata === undefined ? {} : { metadata: JSON.stringify(changes.metadata) }),
      ...(changes.policies === undefined ? {} : { policies: JSON.stringify(changes.policies) }),
      ...('lease' in changes ? { lease: changes.lease === undefined ? null : JSON.stringify(changes.lease) } : {}),
      ...(touches ? { etag: newEtag(ctx), modified_at: ctx.clock.now() } : { etag: sql<string>`etag` }),
    })
    .where('account', '=', address.account)
    .where('name', '=', address.container)
    .execute()
}

export async function deleteContainer(db: Executor, address: ContainerAddress): Promise<void> {
  await db.deleteFrom('blob_containers').where('account', '=', address.account).where('name', '=', address.container).execute()
}

/** One page of an account's containers in name order; `from` is the first name of the page. */
export async function selectContainers(
  db: Executor,
  query: { readonly account: string; readonly prefix: string; readonly from: string | undefined; readonly limit: number },
): Promise<ContainerFacts[]> {
  let select = db
    .selectFrom('blob_containers')
    .selectAll()
    .where('account', '=', query.account)
    .where(sql<boolean>`starts_with(name, ${query.prefix})`)
  if (query.from !== undefined) select = select.where(sql<boolean>`name collate "C" >= ${query.from}`)
  const rows = await select
    .orderBy(sql`name collate "C"`)
    .limit(query.limit)
    .execute()
  return rows.map(factsOf)
}

function factsOf(row: Selectable<BlobContainersTable>): ContainerFacts {
  return {
    account: row.account,
    container: row.name,
    ownerId: row.owner_id ?? undefined,
    etag: row.etag,
    createdAt: row.created_at,
    modifiedAt: row.modified_at ?? row.created_at,
    metadata: row.metadata as Record<string, string>,
    policies: row.policies as AccessPolicy[],
    lease: (row.lease ?? undefined) as Lease | undefined,
  }
}
