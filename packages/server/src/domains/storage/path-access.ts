import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { inheritedAccess, isAllowed, superuser, type PathAccess } from './acl.ts'
import { findAccount } from './accounts.ts'
import { findBlob, selectBlobs, upsertBlobs, type BlobAddress, type ContainerAddress } from './blob-store.ts'
import { defaultAccess, readAccess, saveAccess } from './path-store.ts'
import { storageError } from './storage-error.ts'

/** Folders and rights of a hierarchical account. */

export async function isHierarchical(db: Executor, account: string): Promise<boolean> {
  return (await findAccount(db, account))?.properties['isHnsEnabled'] === true
}

/** @throws StorageError 400 the account is flat */
export async function requireHierarchical(db: Executor, account: string): Promise<void> {
  if (!(await isHierarchical(db, account)))
    throw storageError(
      400,
      'HierarchicalNamespaceNotEnabled',
      `The account '${account}' has no directories. Create one with isHnsEnabled: true, or use the Blob protocol.`,
    )
}

/** `a/b/c` → ['', 'a', 'a/b']. */
export function parentsOf(path: string): string[] {
  const segments = path.split('/')
  return path === '' ? [] : segments.map((_, index) => segments.slice(0, index).join('/'))
}

/** What a request does to a path, in terms of its access control list. */
export type PathNeed = 'read' | 'write' | 'create' | 'delete' | 'list' | 'traverse'

/** Whether the lists of a path and its parents let somebody do it: execute on all parents, then what the request needs. */
export async function pathAllows(
  db: Executor,
  who: Pick<Actor, 'id' | 'groups'>,
  address: ContainerAddress,
  request: { readonly path: string; readonly need: PathNeed },
): Promise<boolean> {
  const path = request.path.replace(/\/+$/, '')
  const parents = parentsOf(path)
  const known = await readAccess(db, address, [...parents, path])
  const of = (name: string, isDirectory: boolean): PathAccess => known.get(name) ?? defaultAccess(isDirectory)
  if (!parents.every((parent) => isAllowed(of(parent, true), who, 'x'))) return false
  const parent = of(parents.at(-1) ?? '', true)
  switch (request.need) {
    case 'traverse':
      return true
    case 'read':
      return isAllowed(of(path, false), who, 'r')
    case 'list':
      return isAllowed(of(path, true), who, 'rx')
    case 'delete':
      return path !== '' && isAllowed(parent, who, 'wx')
    case 'create':
      return path !== '' && isAllowed(parent, who, 'wx')
    case 'write': {
      const existing = await findBlob(db, { ...address, name: path })
      return existing === undefined ? isAllowed(parent, who, 'wx') : isAllowed(of(path, false), who, 'w')
    }
  }
}

/** The access of a path as it counts, its own or the default. */
export async function accessOf(db: Executor, address: ContainerAddress, path: string, isDirectory: boolean): Promise<PathAccess> {
  return (await readAccess(db, address, [path])).get(path) ?? defaultAccess(isDirectory)
}

/** Who becomes owner of what an actor makes. */
export function ownerOf(actor: Actor): string {
  const grant = actor.storageGrant
  return grant === undefined || grant.withinRoles === true ? actor.id : superuser
}

/** Marks a blob that is a folder, as Azure shows folders of a hierarchical account to clients of blobs. */
export const folderMetadata = { hdi_isfolder: 'true' }

export function isFolder(blob: { readonly metadata: Readonly<Record<string, string>> } | undefined): boolean {
  return blob?.metadata['hdi_isfolder']?.toLowerCase() === 'true'
}

/** Makes the missing parents of a new path, and gives it and them owner and inherited access. Part of the caller's transaction. */
export async function settlePath(
  tx: Executor,
  ctx: Context,
  address: BlobAddress,
  item: {
    readonly owner: string
    readonly isDirectory: boolean
    readonly mode?: string | undefined
    readonly umask?: string | undefined
  },
): Promise<void> {
  const path = address.name.replace(/\/+$/, '')
  const parents = parentsOf(path)
  const known = await readAccess(tx, address, [...parents, path])
  let above = known.get('') ?? defaultAccess(true)
  for (const parent of parents.slice(1)) {
    const isNew = !(await pathExists(tx, { ...address, name: parent }))
    above = known.get(parent) ?? (isNew ? inheritedAccess(above, { owner: item.owner, isDirectory: true }) : defaultAccess(true))
    if (!isNew) continue
    await makeFolder(tx, ctx, { ...address, name: parent })
    await saveAccess(tx, address, parent, above)
  }
  await saveAccess(tx, address, path, inheritedAccess(above, item))
}

/** Whether there is a blob of this name, or one below it: a folder that nobody made is one all the same. */
export async function pathExists(db: Executor, address: BlobAddress): Promise<boolean> {
  if ((await findBlob(db, address)) !== undefined) return true
  return (await selectBlobs(db, { ...address, prefix: `${address.name}/`, limit: 1 })).length > 0
}

/** An empty blob that stands for a folder. */
export async function makeFolder(
  tx: Executor,
  ctx: Context,
  address: BlobAddress,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const empty = await ctx.content.put(Buffer.alloc(0))
  await upsertBlobs(tx, ctx, address, [{ name: address.name, ...empty, metadata: { ...metadata, ...folderMetadata } }])
}
