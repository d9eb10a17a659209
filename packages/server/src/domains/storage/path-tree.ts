import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { requireConditions, type BlobConditions } from './conditions.ts'
import { findBlob, selectBlobs, upsertBlobs, type BlobAddress, type BlobDraft, type BlobFacts } from './blob-store.ts'
import { readContainer } from './container-store.ts'
import { requireLease } from './leases.ts'
import { isFolder, makeFolder, pathExists, settlePath } from './path-access.ts'
import { deleteAccess, deleteBelow, moveBelow } from './path-store.ts'
import { blobNotFound, containerNotFound, storageError } from './storage-error.ts'
import { lockBlob, type WriteGuard } from './write-blob.ts'

/** Changes to the tree of a hierarchical account. */

const perDeletion = 5_000

export interface NewPath {
  readonly isDirectory: boolean
  readonly draft: Omit<BlobDraft, 'digest' | 'sizeBytes'>
  readonly guard: WriteGuard & { readonly owner: string }
  readonly mode?: string | undefined
  readonly umask?: string | undefined
}

/** Makes a file (empty) or a directory; an existing file is emptied, an existing directory stays as it is. */
export function createPath(ctx: Context, address: BlobAddress, request: NewPath): Promise<BlobFacts> {
  const { isDirectory, draft, guard, mode, umask } = request
  return ctx.db.transaction(async (tx) => {
    const existing = await lockBlob(tx, ctx, address, guard)
    const exists = existing !== undefined || (await pathExists(tx, address))
    await requireFolders(tx, address)
    if (exists && isDirectory !== (existing === undefined || isFolder(existing)))
      throw storageError(
        409,
        'PathAlreadyExists',
        `'${address.name}' exists as a ${isDirectory ? 'file' : 'directory'}; delete it or take another name.`,
      )
    // Before the path itself is there: a directory with something in it counts as made by somebody else.
    if (!exists) await settlePath(tx, ctx, address, { owner: guard.owner, isDirectory, mode, umask })
    if (isDirectory) await makeFolder(tx, ctx, address, draft.metadata)
    else {
      const empty = await ctx.content.put(Buffer.alloc(0))
      await upsertBlobs(tx, ctx, address, [{ ...draft, ...empty }])
    }
    const made = await findBlob(tx, address)
    if (made === undefined) throw blobNotFound(address.name)
    return made
  })
}

/** Every parent of a path is a directory, or is not there yet. */
async function requireFolders(tx: Executor, address: BlobAddress): Promise<void> {
  const segments = address.name.split('/')
  for (let depth = 1; depth < segments.length; depth += 1) {
    const parent = segments.slice(0, depth).join('/')
    const found = await findBlob(tx, { ...address, name: parent })
    if (found !== undefined && !isFolder(found))
      throw storageError(409, 'PathAlreadyExists', `'${parent}' is a file; there can be nothing below it.`)
  }
}

/**
 * Deletes a path; a directory with all below it, 5,000 at a time.
 * @returns more = call again
 * @throws StorageError 409 DirectoryNotEmpty it was not said to be recursive
 */
export async function deletePath(
  ctx: Context,
  address: BlobAddress,
  request: { readonly recursive: boolean; readonly guard: WriteGuard },
): Promise<{ readonly more: boolean }> {
  return ctx.db.transaction(async (tx) => {
    const existing = await lockBlob(tx, ctx, address, request.guard)
    const below = await selectBlobs(tx, { ...address, prefix: `${address.name}/`, limit: 1 })
    if (existing === undefined && below.length === 0) throw blobNotFound(address.name)
    if (below.length > 0 && !request.recursive)
      throw storageError(
        409,
        'DirectoryNotEmpty',
        `'${address.name}' has something in it; say recursive=true to delete all of it.`,
      )
    const deleted = await deleteBelow(tx, address, address.name, perDeletion)
    const more = deleted.length === perDeletion && (await pathExists(tx, address))
    if (!more) await deleteAccess(tx, address, address.name)
    return { more }
  })
}

/**
 * Renames a path with all below it, in one transaction: readers see the old tree or the new one. A file at the destination is replaced, an
 * empty directory too; a directory that is there takes the source as `mv` would not: the request names the final path.
 */
export async function renamePath(
  ctx: Context,
  source: BlobAddress,
  destination: BlobAddress,
  request: {
    readonly guard: WriteGuard & { readonly owner: string }
    readonly sourceConditions: BlobConditions
    readonly sourceLeaseId: string | undefined
  },
): Promise<BlobFacts | undefined> {
  return ctx.db.transaction(async (tx) => {
    await lockBlob(tx, ctx, destination, request.guard)
    const from = await requireSource(tx, ctx, source, request)
    if (source.name === destination.name && source.container === destination.container) return from
    if (source.container === destination.container && `${destination.name}/`.startsWith(`${source.name}/`))
      throw storageError(409, 'InvalidRenameSourcePath', `'${source.name}' cannot be moved into itself.`)
    if ((await readContainer(tx, destination)) === undefined) throw containerNotFound(destination.container)
    await requireFolders(tx, destination)
    if ((await selectBlobs(tx, { ...destination, prefix: `${destination.name}/`, limit: 1 })).length > 0)
      throw storageError(409, 'DestinationPathAlreadyExists', `'${destination.name}' is a directory with something in it.`)
    const parent = destination.name.split('/').slice(0, -1).join('/')
    if (parent !== '') await settleParent(tx, ctx, { ...destination, name: parent }, request.guard.owner)
    await deleteBelow(tx, destination, destination.name, 1)
    await deleteAccess(tx, destination, destination.name)
    await moveBelow(tx, { ...source, path: source.name }, { ...destination, path: destination.name })
    return findBlob(tx, destination)
  })
}

async function requireSource(
  tx: Executor,
  ctx: Context,
  source: BlobAddress,
  request: { readonly sourceConditions: BlobConditions; readonly sourceLeaseId: string | undefined },
): Promise<BlobFacts | undefined> {
  const from = await findBlob(tx, source, { forUpdate: true })
  if (from === undefined && !(await pathExists(tx, source)))
    throw storageError(404, 'SourcePathNotFound', `The source '${source.name}' was not found.`)
  requireConditions(from, request.sourceConditions, source.name)
  requireLease(from?.lease, request.sourceLeaseId, { what: 'Blob', needsLease: true, now: ctx.clock.now() })
  return from
}

/** The directory that something is moved into, made when it is missing. */
async function settleParent(tx: Executor, ctx: Context, parent: BlobAddress, owner: string): Promise<void> {
  if (await pathExists(tx, parent)) return
  await settlePath(tx, ctx, parent, { owner, isDirectory: true })
  await makeFolder(tx, ctx, parent)
}
