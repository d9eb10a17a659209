import type { Context } from '../../context.ts'
import { dropBlocks } from './block-store.ts'
import { deleteBlob, type BlobAddress } from './blob-store.ts'
import { isHierarchical } from './path-access.ts'
import { deleteAccess } from './path-store.ts'
import { deleteSnapshots, hasSnapshots } from './snapshot-store.ts'
import { blobNotFound, storageError } from './storage-error.ts'
import { lockExisting, type WriteGuard } from './write-blob.ts'

/**
 * Deletes a blob, or snapshots of it.
 * @throws StorageError 404 · 409 SnapshotsPresent it has snapshots and the request does not say what becomes of them
 */
export async function removeBlob(
  ctx: Context,
  address: BlobAddress,
  request: {
    readonly guard: WriteGuard
    readonly snapshots: 'include' | 'only' | undefined
    readonly snapshot: string | undefined
  },
): Promise<void> {
  const { guard, snapshots, snapshot } = request
  await ctx.db.transaction(async (tx) => {
    if (snapshot !== undefined) {
      if ((await deleteSnapshots(tx, address, snapshot)) === 0) throw blobNotFound(address.name)
      return
    }
    await lockExisting(tx, ctx, address, { ...guard, allowsArchived: true })
    if (snapshots !== undefined) await deleteSnapshots(tx, address)
    if (snapshots === 'only') return
    if (await hasSnapshots(tx, address))
      throw storageError(409, 'SnapshotsPresent', `'${address.name}' has snapshots; say x-ms-delete-snapshots: include or only.`)
    await deleteBlob(tx, address)
    await dropBlocks(tx, address)
    if (await isHierarchical(tx, address.account)) await deleteAccess(tx, address, address.name)
  })
}
