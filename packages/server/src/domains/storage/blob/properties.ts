import type { Context } from '../../../context.ts'
import { readAll, type ApiReply } from '../../../kernel/http/index.ts'
import { updateBlob } from '../blob-store.ts'
import { findAccount } from '../accounts.ts'
import { judgeConditions } from '../conditions.ts'
import { folderMetadata, isFolder } from '../path-access.ts'
import { requireTags } from '../tag-conditions.ts'
import { accessTier, changeTier } from '../tiers.ts'
import { conditionNotMet, storageError } from '../storage-error.ts'
import { lockExisting } from '../write-blob.ts'
import { requestedBlob } from './read.ts'
import { conditionsOf, metadataOf, written, xmlReply, type StorageRequest } from './request.ts'
import { blobHeadersOf } from './draft.ts'
import { readXml, textOf } from './xml-reader.ts'
import { element, xmlDocument } from './xml.ts'

const mostTagsBytes = 64 * 1024
/** How long a blob takes to come back from the archive tier unless its account says otherwise (`rehydrationSeconds`). */
const defaultRehydrationSeconds = 60

/** Set Blob Metadata. */
export async function setMetadata(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeBlob')
  const metadata = metadataOf(request)
  const blob = await ctx.db.transaction(async (tx) => {
    const existing = await lockExisting(tx, ctx, request.blob, request.guard())
    return updateBlob(tx, ctx, request.blob, { metadata: isFolder(existing) ? { ...metadata, ...folderMetadata } : metadata })
  })
  return written(blob ?? (await requestedBlob(ctx, request)), 200)
}

/** Set Blob Properties: headers that are not named are cleared, as Azure does. */
export async function setProperties(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeBlob')
  const blob = await ctx.db.transaction(async (tx) => {
    const existing = await lockExisting(tx, ctx, request.blob, request.guard())
    const appended = existing.headers.appendedBlocks
    return updateBlob(tx, ctx, request.blob, {
      headers: { ...blobHeadersOf(request), ...(appended === undefined ? {} : { appendedBlocks: appended }) },
      contentType: request.header('x-ms-blob-content-type') ?? 'application/octet-stream',
    })
  })
  return written(blob ?? (await requestedBlob(ctx, request)), 200)
}

/** Set Blob Tags. */
export async function setTags(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeTags')
  const root = readXml((await readAll(request.api.stream, mostTagsBytes)).toString('utf8'))
  const set = root.children.find((child) => child.name === 'TagSet')
  if (root.name !== 'Tags' || set === undefined) throw storageError(400, 'InvalidXmlDocument', 'The body is no <Tags>.', 'body')
  const pairs = set.children.map((child): [string, string] => [textOf(child, 'Key') ?? '', textOf(child, 'Value') ?? ''])
  const tags = requireTags(Object.fromEntries(pairs))
  if (Object.keys(tags).length !== pairs.length) throw storageError(400, 'InvalidTag', 'A tag is given twice.', 'body')
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  await ctx.db.transaction(async (tx) => {
    await lockExisting(tx, ctx, request.blob, { ...guard, allowsArchived: true })
    await updateBlob(tx, ctx, request.blob, { tags })
  })
  return { status: 204 }
}

/** Get Blob Tags. */
export async function getTags(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readTags')
  const blob = await requestedBlob(ctx, request)
  if (judgeConditions(blob, conditionsOf(request)) === 'fails') throw conditionNotMet(blob.name)
  const tags = Object.entries(blob.tags).map(([key, value]) => element('Tag', element('Key', key), element('Value', value)))
  return xmlReply(xmlDocument('Tags', {}, element('TagSet', tags)))
}

/** Set Blob Tier. */
export async function setTier(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeBlob')
  const tier = accessTier(request.header('x-ms-access-tier'))
  if (tier === undefined) throw storageError(400, 'MissingRequiredHeader', 'Set Blob Tier needs x-ms-access-tier.')
  const priority = request.header('x-ms-rehydrate-priority')?.toLowerCase() === 'high' ? 'High' : 'Standard'
  const rehydrationMs = await rehydrationOf(ctx, request.address.account)
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  const accepted = await ctx.db.transaction(async (tx) => {
    const blob = await lockExisting(tx, ctx, request.blob, { ...guard, allowsArchived: true })
    if (blob.blobType !== 'BlockBlob')
      throw storageError(409, 'InvalidBlobType', 'Only block blobs have access tiers; this is an append blob.')
    const change = changeTier(blob.tier, { tier, priority, rehydrationMs, now: ctx.clock.now() })
    await updateBlob(tx, ctx, request.blob, { tier: change.record })
    return change.accepted
  })
  return { status: accepted ? 202 : 200 }
}

async function rehydrationOf(ctx: Context, account: string): Promise<number> {
  const configured = Number((await findAccount(ctx.db.kysely, account))?.properties['rehydrationSeconds'])
  return (configured >= 0 ? configured : defaultRehydrationSeconds) * 1_000
}
