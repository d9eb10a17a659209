import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { changeMode, mergeAcl, removeFromAcl, withMask, type AclEntry, type PathAccess } from './acl.ts'
import type { BlobAddress } from './blob-store.ts'
import { listPaths } from './list-paths.ts'
import { accessOf, isFolder, pathExists } from './path-access.ts'
import { findBlob } from './blob-store.ts'
import { saveAccess } from './path-store.ts'
import { blobNotFound, storageError } from './storage-error.ts'

/** Changes of owners, modes and access control lists. */

export interface AccessChange {
  readonly owner?: string | undefined
  readonly group?: string | undefined
  /** `rwxr-x---` or `0750`; not together with entries. */
  readonly mode?: string | undefined
  readonly entries?: readonly AclEntry[] | undefined
}

/** Whether a path is there, and a directory; the root always is. */
export async function pathKind(db: Executor, address: BlobAddress): Promise<'directory' | 'file' | undefined> {
  if (address.name === '') return 'directory'
  const blob = await findBlob(db, address)
  if (blob !== undefined) return isFolder(blob) ? 'directory' : 'file'
  return (await pathExists(db, address)) ? 'directory' : undefined
}

export async function requirePath(db: Executor, address: BlobAddress): Promise<'directory' | 'file'> {
  const kind = await pathKind(db, address)
  if (kind === undefined) throw blobNotFound(address.name)
  return kind
}

/** Set Access Control of one path. @throws StorageError 404 · 400 a list is not whole, or defaults are given to a file */
export async function setAccess(ctx: Context, address: BlobAddress, change: AccessChange): Promise<void> {
  if (change.mode !== undefined && change.entries !== undefined)
    throw storageError(400, 'InvalidHeaderValue', 'Send x-ms-permissions or x-ms-acl, not both.', 'x-ms-acl')
  await ctx.db.transaction(async (tx) => {
    const kind = await requirePath(tx, address)
    if (kind === 'file') requireNoDefaults(change.entries)
    const before = await accessOf(tx, address, address.name, kind === 'directory')
    await saveAccess(tx, address, address.name, changed(before, change))
  })
}

function requireNoDefaults(entries: readonly AclEntry[] | undefined): void {
  if (entries?.some((entry) => entry.isDefault) === true)
    throw storageError(400, 'DefaultAclNotSupportedForFile', 'Default entries are for directories only.', 'x-ms-acl')
}

function changed(before: PathAccess, { owner, group, mode, entries }: AccessChange): PathAccess {
  const after = entries !== undefined ? withMask(entries) : mode !== undefined ? changeMode(before.entries, mode) : before.entries
  return { owner: owner ?? before.owner, group: group ?? before.group, entries: after }
}

export interface TreeChange {
  readonly mode: 'set' | 'modify' | 'remove'
  readonly entries: readonly AclEntry[]
}

export interface TreeOutcome {
  readonly directories: number
  readonly files: number
  readonly next: string | undefined
}

/** The same change to a directory and all below it, a page at a time. Default entries go to directories only. */
export async function setAccessBelow(
  ctx: Context,
  address: BlobAddress,
  change: TreeChange,
  page: { readonly from: string | undefined; readonly limit: number },
): Promise<TreeOutcome> {
  return ctx.db.transaction(async (tx) => {
    const kind = await requirePath(tx, address)
    let [directories, files] = [0, 0]
    const apply = async (path: string, isDirectory: boolean): Promise<void> => {
      const before = await accessOf(tx, address, path, isDirectory)
      const fitting = isDirectory ? change.entries : change.entries.filter((entry) => !entry.isDefault)
      await saveAccess(tx, address, path, { ...before, entries: applied(before.entries, change.mode, fitting) })
      if (isDirectory) directories += 1
      else files += 1
    }
    if (page.from === undefined) await apply(address.name, kind === 'directory')
    if (kind === 'file') return { directories, files, next: undefined }
    const request = { ...address, directory: address.name, recursive: true, from: page.from, limit: page.limit }
    const { paths, next } = await listPaths(tx, request)
    for (const { name, isDirectory } of paths) await apply(name, isDirectory)
    return { directories, files, next }
  })
}

function applied(before: readonly AclEntry[], mode: TreeChange['mode'], entries: readonly AclEntry[]): AclEntry[] {
  if (mode === 'set') return withMask(entries)
  if (mode === 'modify') return withMask(mergeAcl(before, entries))
  return removeFromAcl(before, entries)
}
