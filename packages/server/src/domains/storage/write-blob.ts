import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { dropBlocks } from './block-store.ts'
import { findBlob, upsertBlobs, type BlobAddress, type BlobDraft, type BlobFacts, type ContainerAddress } from './blob-store.ts'
import { readContainer } from './container-store.ts'
import { requireConditions, type BlobConditions } from './conditions.ts'
import { requireLease } from './leases.ts'
import { isFolder, isHierarchical, settlePath } from './path-access.ts'
import { blobArchived, blobNotFound, containerNotFound, storageError } from './storage-error.ts'
import { isArchived } from './tiers.ts'

/** What a write must find, besides its permission. */
export interface WriteGuard {
  readonly conditions?: BlobConditions
  readonly leaseId?: string | undefined
  /** True when the caller may make blobs, but not replace them. */
  readonly createsOnly?: boolean
  /** Who becomes owner of a new path in a hierarchical account; absent for writes of the platform. */
  readonly owner?: string
}

/**
 * The blob of a name, held until the transaction ends so that what was checked still holds when it is written; other writers of the name wait.
 * @throws StorageError 404 no container · 409 exists · 412 a condition or lease
 */
export async function lockBlob(
  tx: Executor,
  ctx: Context,
  address: BlobAddress,
  guard: WriteGuard,
): Promise<BlobFacts | undefined> {
  const key = `${address.account}/${address.container}/${address.name}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 20))`.execute(tx)
  const blob = await findBlob(tx, address, { forUpdate: true })
  if (blob === undefined && (await readContainer(tx, address)) === undefined) throw containerNotFound(address.container)
  requireWritable(ctx, blob, address.name, guard)
  return blob
}

/** The same checks without a lock: refuses before a large body is read. */
export async function checkWrite(ctx: Context, address: BlobAddress, guard: WriteGuard): Promise<void> {
  const blob = await findBlob(ctx.db.kysely, address)
  if (blob === undefined && (await readContainer(ctx.db.kysely, address)) === undefined)
    throw containerNotFound(address.container)
  requireWritable(ctx, blob, address.name, guard)
}

function requireWritable(ctx: Context, blob: BlobFacts | undefined, name: string, guard: WriteGuard): void {
  requireConditions(blob, guard.conditions ?? {}, name)
  // The platform's own writes (owner absent) are past the leases of users.
  if (guard.owner !== undefined || guard.leaseId !== undefined)
    requireLease(blob?.lease, guard.leaseId, { what: 'Blob', needsLease: true, now: ctx.clock.now() })
  if (blob !== undefined && guard.createsOnly === true)
    throw storageError(403, 'UnauthorizedBlobOverwrite', `The signature lets you create blobs, and '${name}' exists already.`)
}

/** An existing blob, held for a change. @throws StorageError also 404 BlobNotFound · 409 BlobArchived */
export async function lockExisting(
  tx: Executor,
  ctx: Context,
  address: BlobAddress,
  guard: WriteGuard & { readonly allowsArchived?: boolean },
): Promise<BlobFacts> {
  const blob = await lockBlob(tx, ctx, address, { ...guard, createsOnly: false })
  if (blob === undefined) throw blobNotFound(address.name)
  if (guard.allowsArchived !== true && isArchived(blob.tier, ctx.clock.now())) throw blobArchived(address.name)
  return blob
}

/** Makes stored content the blob of a name, when all that guards it holds at that moment. Blocks in waiting are dropped. */
export function writeBlob(
  ctx: Context,
  container: ContainerAddress,
  draft: BlobDraft,
  guard: WriteGuard,
  alongside?: (tx: Executor) => Promise<void>,
): Promise<BlobFacts> {
  const address = { account: container.account, container: container.container, name: draft.name }
  return ctx.db.transaction(async (tx) => {
    const existing = await lockBlob(tx, ctx, address, guard)
    if (isFolder(existing) && guard.owner !== undefined)
      throw storageError(409, 'PathAlreadyExists', `'${draft.name}' is a folder; write to a path in it.`)
    if (existing === undefined && guard.owner !== undefined && (await isHierarchical(tx, address.account)))
      await settlePath(tx, ctx, address, { owner: guard.owner, isDirectory: false })
    const [written] = await upsertBlobs(tx, ctx, address, [draft])
    if (written === undefined) throw new Error(`The blob '${draft.name}' was not written.`)
    await dropBlocks(tx, address)
    await alongside?.(tx)
    return { ...written, lease: existing?.lease }
  })
}
