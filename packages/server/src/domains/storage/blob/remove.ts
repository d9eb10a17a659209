import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { removeBlob } from '../remove-blob.ts'
import { notOffered, storageError } from '../storage-error.ts'
import { insertSnapshot } from '../snapshot-store.ts'
import { lockExisting } from '../write-blob.ts'
import { invalidHeader, metadataOf, written, type StorageRequest } from './request.ts'

/** Delete Blob: with its snapshots, only them, or one of them. */
export async function deleteBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'deleteBlob')
  const option = request.header('x-ms-delete-snapshots')?.toLowerCase()
  if (option !== undefined && option !== 'include' && option !== 'only')
    throw invalidHeader('x-ms-delete-snapshots', option, 'write include or only')
  const snapshot = request.query('snapshot')
  if (snapshot !== undefined && option !== undefined)
    throw storageError(
      400,
      'InvalidQueryParameterValue',
      'A request that names a snapshot has no x-ms-delete-snapshots.',
      'snapshot',
    )
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  await removeBlob(ctx, request.blob, { guard, snapshots: option, snapshot })
  return { status: 202, headers: { 'x-ms-delete-type-permanent': 'true' } }
}

/** Undelete Blob: nothing is kept after a deletion. */
export async function undelete(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeBlob')
  throw notOffered('Soft delete', 'A deleted blob is gone; take snapshots (comp=snapshot) of what must be kept.')
}

/** Snapshot Blob. */
export async function snapshotBlob(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'snapshotBlob')
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  const metadata = metadataOf(request)
  return ctx.db.transaction(async (tx) => {
    const blob = await lockExisting(tx, ctx, request.blob, { ...guard, allowsArchived: true })
    const own = Object.keys(metadata).length > 0 ? metadata : undefined
    const snapshot = await insertSnapshot(tx, ctx, request.blob, own)
    return written(blob, 201, { 'x-ms-snapshot': snapshot })
  })
}
