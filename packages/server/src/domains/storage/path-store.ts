import './tables.ts'
import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { superuser, type AclEntry, type PathAccess } from './acl.ts'
import type { ContainerAddress } from './blob-store.ts'

/** SQL of who owns the paths of a hierarchical account, and of moving whole folders. */

/** Access to each of some paths that says something of its own. */
export async function readAccess(
  db: Executor,
  address: ContainerAddress,
  paths: readonly string[],
): Promise<Map<string, PathAccess>> {
  const rows = await db
    .selectFrom('path_access')
    .select(['path', 'owner', 'owning_group', 'entries'])
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where('path', 'in', [...paths])
    .execute()
  return new Map(rows.map((row) => [row.path, { owner: row.owner, group: row.owning_group, entries: row.entries as AclEntry[] }]))
}

/** Of a path that nobody gave an owner: the platform's, closed to others. */
export function defaultAccess(isDirectory: boolean): PathAccess {
  const entry = (type: AclEntry['type'], permissions: string): AclEntry => ({ isDefault: false, type, id: '', permissions })
  const entries = isDirectory
    ? [entry('user', 'rwx'), entry('group', 'r-x'), entry('other', '---')]
    : [entry('user', 'rw-'), entry('group', 'r--'), entry('other', '---')]
  return { owner: superuser, group: superuser, entries }
}

export async function saveAccess(db: Executor, address: ContainerAddress, path: string, access: PathAccess): Promise<void> {
  const values = { owner: access.owner, owning_group: access.group, entries: JSON.stringify(access.entries) }
  await db
    .insertInto('path_access')
    .values({ account: address.account, container: address.container, path, ...values })
    .onConflict((conflict) => conflict.columns(['account', 'container', 'path']).doUpdateSet(values))
    .execute()
}

/** Forgets the access of a path and of all below it. */
export async function deleteAccess(db: Executor, address: ContainerAddress, path: string): Promise<void> {
  await db
    .deleteFrom('path_access')
    .where('account', '=', address.account)
    .where('container', '=', address.container)
    .where(sql<boolean>`(path = ${path} or starts_with(path, ${`${path}/`}))`)
    .execute()
}

/** Deletes up to `limit` blobs at or below a path, the deepest names last in order. @returns the names */
export async function deleteBelow(db: Executor, address: ContainerAddress, path: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    delete from blobs where (account, container, name) in (
      select account, container, name from blobs
      where account = ${address.account} and container = ${address.container}
        and (name = ${path} or (name >= ${`${path}/`} and starts_with(name, ${`${path}/`})))
      order by name desc limit ${limit} for update)
    returning name`.execute(db)
  return rows.map((row) => row.name)
}

/** Gives a path and all below it a new name, access and blocks in waiting included. @returns how many blobs moved */
export async function moveBelow(
  db: Executor,
  from: ContainerAddress & { readonly path: string },
  to: ContainerAddress & { readonly path: string },
): Promise<number> {
  const prefix = `${from.path}/`
  const cut = [...from.path].length + 1
  const move = (table: 'blobs' | 'blob_blocks' | 'path_access', column: 'name' | 'path') => sql`
    update ${sql.table(table)} set account = ${to.account}, container = ${to.container},
      ${sql.ref(column)} = ${to.path} || substr(${sql.ref(column)}, ${cut})
    where account = ${from.account} and container = ${from.container}
      and (${sql.ref(column)} = ${from.path} or starts_with(${sql.ref(column)}, ${prefix}))`
  await move('blob_blocks', 'name').execute(db)
  await move('path_access', 'path').execute(db)
  const moved = await move('blobs', 'name').execute(db)
  return Number(moved.numAffectedRows ?? 0n)
}
