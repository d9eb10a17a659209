import type { Readable } from 'node:stream'
import type { Context } from '../../context.ts'
import type { ByteRange, ContentSource } from '../../kernel/content/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { accountOf, defaultContainers } from './accounts.ts'
import { createContainer, findBlob, findContainer, selectBlobs, type BlobFacts, type ContainerAddress } from './blob-store.ts'
import type { BlobConditions } from './conditions.ts'
import { resolveDatastore } from './data-uri.ts'
import { blobArchived, blobNotFound, containerNotFound } from './storage-error.ts'
import { isArchived } from './tiers.ts'
import { writeBlob } from './write-blob.ts'

/** Which container is meant: an address, or a datastore of a workspace (default `workspaceblobstore`). */
export type BlobTarget = ContainerAddress | { readonly workspaceId: string; readonly datastore?: string | undefined }

export async function containerOf(db: Executor, target: BlobTarget): Promise<ContainerAddress> {
  if ('account' in target) return { account: target.account.toLowerCase(), container: target.container }
  if (target.datastore === undefined)
    return { account: await accountOf(db, target.workspaceId), container: defaultContainers(target.workspaceId).blobs }
  return resolveDatastore(db, target.workspaceId, target.datastore)
}

/** The container, created when it is one of the two of the workspace that has not been written to yet. */
async function writableContainer(ctx: Context, target: BlobTarget): Promise<ContainerAddress> {
  const address = await containerOf(ctx.db.kysely, target)
  if ((await findContainer(ctx.db.kysely, address)) !== undefined) return address
  if (!('workspaceId' in target)) throw containerNotFound(address.container)
  await createContainer(ctx.db.kysely, ctx, { ...address, ownerId: target.workspaceId })
  return address
}

export type PutBlobRequest = BlobTarget & {
  readonly name: string
  readonly source: ContentSource
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly conditions?: BlobConditions | undefined
  readonly signal?: AbortSignal | undefined
}

/** Stores a body as a blob; acknowledged means durable. @throws PreconditionFailed · ResourceNotFound (container) */
export async function putBlob(ctx: Context, request: PutBlobRequest): Promise<BlobFacts> {
  const target = await writableContainer(ctx, request)
  const stored = await ctx.content.put(request.source, request.signal === undefined ? {} : { signal: request.signal })
  return writeBlob(
    ctx,
    target,
    { name: request.name, ...stored, contentType: request.contentType, metadata: request.metadata },
    request.conditions === undefined ? {} : { conditions: request.conditions },
  )
}

/** A blob and its bytes, or a range of them. @throws ResourceNotFound · BlobArchived */
export async function openBlob(
  ctx: Context,
  request: BlobTarget & { readonly name: string },
  range: ByteRange = {},
): Promise<{ blob: BlobFacts; stream: Readable }> {
  const address = await containerOf(ctx.db.kysely, request)
  const blob = await findBlob(ctx.db.kysely, { ...address, name: request.name })
  if (blob === undefined) throw blobNotFound(request.name)
  if (isArchived(blob.tier, ctx.clock.now())) throw blobArchived(request.name)
  return { blob, stream: await ctx.content.open(blob.digest, range) }
}

export type ListBlobsRequest = BlobTarget & {
  readonly prefix?: string | undefined
  /** Rolls up names by what follows the prefix up to this text. */
  readonly delimiter?: string | undefined
  readonly marker?: string | undefined
  /** Blobs and prefixes per page; default and most 5,000. */
  readonly limit?: number | undefined
}

export interface BlobPage {
  readonly blobs: readonly BlobFacts[]
  readonly prefixes: readonly string[]
  /** Where the next page begins; absent at the end. */
  readonly nextMarker?: string
}

/** One page of a container in name order; marker = the first name of the next page. */
export async function listBlobs(ctx: Context, request: ListBlobsRequest): Promise<BlobPage> {
  const address = await containerOf(ctx.db.kysely, request)
  const limit = Math.min(Math.max(request.limit ?? 5_000, 1), 5_000)
  const { prefix = '', delimiter } = request
  if (delimiter === undefined || delimiter === '') {
    const found = await selectBlobs(ctx.db.kysely, { ...address, prefix, from: request.marker, limit: limit + 1 })
    return withMarker({ blobs: found.slice(0, limit), prefixes: [] }, found[limit]?.name)
  }
  const blobs: BlobFacts[] = []
  const prefixes: string[] = []
  let from = request.marker
  while (blobs.length + prefixes.length < limit) {
    const page = await selectBlobs(ctx.db.kysely, { ...address, prefix, from, limit: 200 })
    if (page.length === 0) return { blobs, prefixes }
    for (const blob of page) {
      const cut = blob.name.indexOf(delimiter, prefix.length)
      if (blobs.length + prefixes.length >= limit) return withMarker({ blobs, prefixes }, blob.name)
      from = `${blob.name}\u0001`
      if (cut < 0) {
        blobs.push(blob)
        continue
      }
      const folder = blob.name.slice(0, cut + delimiter.length)
      prefixes.push(folder)
      // One query per folder, however many blobs it has: on to the first name behind all that begin with it.
      from = `${folder}\u{10FFFF}`
      break
    }
  }
  const [next] = await selectBlobs(ctx.db.kysely, { ...address, prefix, from, limit: 1 })
  return withMarker({ blobs, prefixes }, next?.name)
}

function withMarker(page: Omit<BlobPage, 'nextMarker'>, marker: string | undefined): BlobPage {
  return marker === undefined ? page : { ...page, nextMarker: marker }
}
