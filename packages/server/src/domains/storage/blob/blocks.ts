import type { Context } from '../../../context.ts'
import { readAll, type ApiReply } from '../../../kernel/http/index.ts'
import { anyStagedBlock, committedBlocks, saveCommittedBlocks, stagedBlocks, stageBlock } from '../block-store.ts'
import { commitBlocks, type BlockChoice } from '../commit-blocks.ts'
import { findBlob } from '../blob-store.ts'
import { blobNotFound, storageError } from '../storage-error.ts'
import { checkWrite, writeBlob } from '../write-blob.ts'
import { checkedBody } from './checked-body.ts'
import { blockFromUrl } from './copy.ts'
import { requestedBlob } from './read.ts'
import { requireBlobName, written, xmlReply, type StorageRequest } from './request.ts'
import { draftOf } from './draft.ts'
import { readXml } from './xml-reader.ts'
import { element, xmlDocument } from './xml.ts'

const mostBlockBytes = 4_000 * 1024 * 1024
const mostBlocks = 50_000
const mostListBytes = 8 * 1024 * 1024

/** Put Block, and Put Block From URL. */
export async function putBlock(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  requireBlobName(request.name)
  await request.permit(ctx, 'createBlob')
  const id = await blockIdOf(ctx, request)
  const { conditions: _conditions, createsOnly: _createsOnly, ...guard } = request.guard()
  await checkWrite(ctx, request.blob, guard)
  if (request.header('x-ms-copy-source') !== undefined) {
    await stageBlock(ctx.db.kysely, ctx, request.blob, { id, ...(await blockFromUrl(ctx, request)) })
    return { status: 201, headers: { 'x-ms-request-server-encrypted': 'true' } }
  }
  const body = checkedBody(request)
  const stored = await ctx.content.put(body.source, { maximumBytes: mostBlockBytes, signal: request.api.signal })
  await stageBlock(ctx.db.kysely, ctx, request.blob, { id, ...stored })
  return { status: 201, headers: { 'x-ms-request-server-encrypted': 'true', ...body.headers() } }
}

/** Base64 of at most 64 bytes, and as long as the other ids of the blob. */
async function blockIdOf(ctx: Context, request: StorageRequest): Promise<string> {
  const id = request.query('blockid')
  if (id === undefined)
    throw storageError(400, 'MissingRequiredQueryParameter', 'Put Block needs the query parameter blockid.', 'blockid')
  const bytes = Buffer.from(id, 'base64')
  if (bytes.length === 0 || bytes.length > 64 || bytes.toString('base64').replace(/=+$/, '') !== id.replace(/=+$/, ''))
    throw storageError(400, 'InvalidQueryParameterValue', 'blockid is not the base64 of 1 to 64 bytes.', 'blockid')
  const other = await anyStagedBlock(ctx.db.kysely, request.blob)
  if (other !== undefined && other.id.length !== id.length)
    throw storageError(400, 'InvalidBlobOrBlock', 'All block ids of a blob have the same length.', 'blockid')
  return id
}

/** Put Block List. */
export async function putBlockList(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  requireBlobName(request.name)
  await request.permit(ctx, 'createBlob')
  const guard = request.guard()
  const draft = draftOf(ctx, request)
  await checkWrite(ctx, request.blob, guard)
  const choices = choicesOf((await readAll(request.api.stream, mostListBytes)).toString('utf8'))
  const { stored, blocks } = await commitBlocks(ctx, request.blob, choices)
  const blob = await writeBlob(ctx, request.container, { ...draft, ...stored }, guard, (tx) =>
    saveCommittedBlocks(tx, request.blob, blocks),
  )
  return written(blob, 201)
}

const kinds = { Latest: 'latest', Committed: 'committed', Uncommitted: 'uncommitted' } as const

function choicesOf(body: string): BlockChoice[] {
  const root = readXml(body)
  if (root.name !== 'BlockList') throw storageError(400, 'InvalidXmlDocument', 'The body is no <BlockList>.', 'body')
  if (root.children.length > mostBlocks)
    throw storageError(400, 'BlockListTooLong', `A block list has at most ${mostBlocks} blocks.`, 'body')
  return root.children.map((child) => {
    const from = kinds[child.name as keyof typeof kinds]
    if (from === undefined)
      throw storageError(400, 'InvalidXmlNodeValue', `<${child.name}> is none of Latest, Committed, Uncommitted.`, 'body')
    return { from, id: child.text.trim() }
  })
}

/** Get Block List. */
export async function getBlockList(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readBlob')
  const type = request.queryWord('blocklisttype') ?? 'committed'
  if (!['committed', 'uncommitted', 'all'].includes(type))
    throw storageError(400, 'InvalidQueryParameterValue', 'blocklisttype is committed, uncommitted or all.', 'blocklisttype')
  const blob =
    request.query('snapshot') === undefined ? await findBlob(ctx.db.kysely, request.blob) : await requestedBlob(ctx, request)
  const staged = type === 'committed' ? [] : await stagedBlocks(ctx.db.kysely, request.blob)
  if (blob === undefined && (await anyStagedBlock(ctx.db.kysely, request.blob)) === undefined) throw blobNotFound(request.name)
  const committed = type === 'uncommitted' ? [] : await committedBlocks(ctx.db.kysely, request.blob)
  const list = (name: string, blocks: readonly { id: string; sizeBytes: number }[]) =>
    element(
      name,
      blocks.map((block) => element('Block', element('Name', block.id), element('Size', block.sizeBytes))),
    )
  const text = xmlDocument(
    'BlockList',
    {},
    type === 'uncommitted' ? undefined : list('CommittedBlocks', committed),
    type === 'committed' ? undefined : list('UncommittedBlocks', staged),
  )
  return xmlReply(text, {
    ...(blob === undefined ? {} : { etag: blob.etag, 'last-modified': blob.modifiedAt.toUTCString() }),
    'x-ms-blob-content-length': String(blob?.sizeBytes ?? 0),
  })
}
