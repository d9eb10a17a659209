import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { blobOperations, invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { readAll } from '../../kernel/http/body.ts'
import { route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { decodePathOnce, parseRelativePath } from '../../kernel/safe/index.ts'
import { requireBlobAccess, type BlobVerb } from './blob-access.ts'
import {
  createContainer,
  deleteBlob,
  dropBlocks,
  findBlob,
  findContainer,
  setBlobMetadata,
  stageBlock,
  stagedBlocks,
  type BlobAddress,
  type BlobConditions,
  type BlobFacts,
} from './blob-store.ts'
import { blobServiceVersion, blockIdsOf, decodeMarker, errorXml, listXml } from './blob-xml.ts'
import { commitBlob, conditionsHold, listBlobs, openBlob, requireConditions } from './blobs.ts'
import { accountOfHost } from './sas.ts'
import { blobNotFound, conditionNotMet, containerNotFound, StorageError } from './storage-error.ts'

/** One body at most: 5,000 MiB, as Azure's Put Blob has it. */
const maximumBlobBytes = 5_000 * 1024 * 1024

export function blobRoutes(ctx: Context): Route[] {
  return [
    route(blobOperations.containerGet, (request) => getContainer(ctx, request)),
    route(blobOperations.containerPut, (request) => putContainer(ctx, request)),
    route(blobOperations.get, (request) => getBlob(ctx, request)),
    route(blobOperations.head, (request) => headBlob(ctx, request)),
    route(blobOperations.put, (request) => putBlobOrPart(ctx, request)),
    route(blobOperations.delete, (request) => removeBlob(ctx, request)),
  ]
}

type Query = Readonly<Record<string, unknown>>
const queryOf = (request: ApiRequest): Query => request.query as Query
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

async function permit(
  ctx: Context,
  request: ApiRequest,
  verb: BlobVerb,
  name: string,
): Promise<{ account: string; container: string }> {
  const address = {
    account: accountOfHost(request.params['accountHost'] ?? ''),
    container: request.params['containerName'] ?? '',
  }
  await requireBlobAccess(ctx, request.actor, { ...address, name, verb, requestId: request.id })
  return address
}

/** The name verbatim, from the URL as sent: the router would drop a trailing slash. */
function blobNameOf(request: ApiRequest): string {
  const path = request.url.split('?', 1)[0] ?? ''
  return decodePathOnce(path.split('/').slice(4).join('/'))
}

async function blobAddress(ctx: Context, request: ApiRequest, verb: BlobVerb): Promise<BlobAddress> {
  const name = blobNameOf(request)
  return { ...(await permit(ctx, request, verb, name)), name }
}

async function getContainer(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const query = queryOf(request)
  const prefix = textOf(query['prefix'])
  const address = await permit(ctx, request, 'list', prefix ?? '')
  if ((await findContainer(ctx.db.kysely, address)) === undefined) throw containerNotFound(address.container)
  if (query['comp'] === undefined) return { status: 200, headers: { 'x-ms-version': blobServiceVersion } }
  if (query['comp'] !== 'list') throw unsupported(`comp=${String(query['comp'])} of a container`)
  const maxResults = query['maxresults'] === undefined ? undefined : Number(query['maxresults'])
  if (maxResults !== undefined && !(Number.isInteger(maxResults) && maxResults >= 1))
    throw invalid('maxresults must be a whole number from 1 on.', { target: 'maxresults' })
  const marker = textOf(query['marker'])
  const options = { prefix, delimiter: textOf(query['delimiter']), maxResults }
  const page = await listBlobs(ctx, {
    ...address,
    ...options,
    limit: maxResults,
    marker: marker === undefined ? undefined : decodeMarker(marker),
  })
  const withMetadata = String(query['include'] ?? '').includes('metadata')
  return {
    headers: { 'content-type': 'application/xml', 'x-ms-version': blobServiceVersion },
    raw: listXml({ container: address.container, ...options, marker, withMetadata }, page),
  }
}

async function putContainer(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const address = await permit(ctx, request, 'write', '')
  if (!/^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/.test(address.container))
    throw invalid(`'${address.container}' is no container name: 3 to 63 lower-case letters, digits and single hyphens.`, {
      target: 'containerName',
    })
  if (await createContainer(ctx.db.kysely, ctx, address)) return { status: 201, headers: { 'x-ms-version': blobServiceVersion } }
  throw new StorageError(
    'ResourceAlreadyExists',
    'ContainerAlreadyExists',
    `The container '${address.container}' exists already.`,
  )
}

function headersOf(blob: BlobFacts): Record<string, string> {
  const metadata = Object.entries(blob.metadata).map(([name, value]) => [`x-ms-meta-${name}`, value] as const)
  return {
    etag: blob.etag,
    'last-modified': blob.modifiedAt.toUTCString(),
    'content-type': blob.contentType,
    // What users uploaded is never shown as a page of ours.
    'content-disposition': 'attachment',
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-version': blobServiceVersion,
    'x-ms-creation-time': blob.createdAt.toUTCString(),
    ...Object.fromEntries(metadata),
  }
}

async function readable(ctx: Context, request: ApiRequest): Promise<{ blob: BlobFacts; reply: ApiReply | undefined }> {
  const address = await blobAddress(ctx, request, 'read')
  const blob = await findBlob(ctx.db.kysely, address)
  if (blob === undefined) throw blobNotFound(address.name)
  const { ifMatch, ifNoneMatch } = conditionsOf(request)
  if (!conditionsHold(blob, { ifMatch })) throw conditionNotMet(blob.name)
  return { blob, reply: conditionsHold(blob, { ifNoneMatch }) ? undefined : { status: 304, headers: { etag: blob.etag } } }
}

async function getBlob(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { blob, reply } = await readable(ctx, request)
  if (reply !== undefined) return reply
  const range = rangeOf(request.headers['x-ms-range'] ?? request.headers.range, blob.sizeBytes)
  if (range === 'unsatisfiable') {
    const code = 'InvalidRange'
    return {
      status: 416,
      headers: { 'content-type': 'application/xml', 'x-ms-error-code': code, 'content-range': `bytes */${blob.sizeBytes}` },
      raw: errorXml(code, 'The range specified is invalid for the current size of the resource.'),
    }
  }
  const { stream } = await openBlob(ctx, blob, range)
  request.signal.addEventListener('abort', () => stream.destroy(), { once: true })
  if (range === undefined) return { headers: { ...headersOf(blob), 'content-length': String(blob.sizeBytes) }, raw: stream }
  const { start, endExclusive } = range
  return {
    status: 206,
    headers: {
      ...headersOf(blob),
      'content-length': String(endExclusive - start),
      'content-range': `bytes ${start}-${endExclusive - 1}/${blob.sizeBytes}`,
    },
    raw: stream,
  }
}

/** One range in bytes (RFC 9110 §14). `undefined`: none asked for, or a form that may be ignored. */
export function rangeOf(
  header: string | string[] | undefined,
  sizeBytes: number,
): { start: number; endExclusive: number } | 'unsatisfiable' | undefined {
  const match = typeof header === 'string' ? /^bytes=(\d*)-(\d*)$/.exec(header.trim()) : null
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const endExclusive = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  return start >= sizeBytes || start >= endExclusive ? 'unsatisfiable' : { start, endExclusive }
}

async function headBlob(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { blob, reply } = await readable(ctx, request)
  return reply ?? { status: 200, headers: { ...headersOf(blob), 'content-length': String(blob.sizeBytes) } }
}

async function putBlobOrPart(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const address = await blobAddress(ctx, request, 'write')
  parseRelativePath(address.name.replace(/\/$/, ''))
  if ((await findContainer(ctx.db.kysely, address)) === undefined) throw containerNotFound(address.container)
  switch (queryOf(request)['comp']) {
    case undefined:
      return putWhole(ctx, request, address)
    case 'block':
      return putBlock(ctx, request, address)
    case 'blocklist':
      return putBlockList(ctx, request, address)
    case 'metadata':
      return putMetadata(ctx, request, address)
    default:
      throw unsupported(`comp=${String(queryOf(request)['comp'])}`)
  }
}

async function putWhole(ctx: Context, request: ApiRequest, address: BlobAddress): Promise<ApiReply> {
  const type = request.headers['x-ms-blob-type']
  if (type !== undefined && type !== 'BlockBlob') throw unsupported(`Blob type ${String(type)}`)
  const conditions = conditionsOf(request)
  // Refused before the body is read where that is possible already; checked again at the commit.
  await requireConditions(ctx.db.kysely, address, conditions)
  const stored = await ctx.content.put(checkedBody(request.stream, request.headers['content-md5']), {
    maximumBytes: maximumBlobBytes,
    signal: request.signal,
  })
  return created(
    await commitBlob(ctx, address, stored, { conditions, metadata: metadataOf(request), contentType: contentTypeOf(request) }),
  )
}

async function putBlock(ctx: Context, request: ApiRequest, address: BlobAddress): Promise<ApiReply> {
  const blockId = textOf(queryOf(request)['blockid'])
  if (blockId === undefined) throw invalid('Put Block needs the query parameter blockid.', { target: 'blockid' })
  const stored = await ctx.content.put(checkedBody(request.stream, request.headers['content-md5']), {
    maximumBytes: maximumBlobBytes,
    signal: request.signal,
  })
  await stageBlock(ctx.db.kysely, ctx, address, { blockId, ...stored })
  return { status: 201, headers: { 'x-ms-version': blobServiceVersion } }
}

async function putBlockList(ctx: Context, request: ApiRequest, address: BlobAddress): Promise<ApiReply> {
  const ids = blockIdsOf((await readAll(request.stream, 8 * 1024 * 1024)).toString('utf8'))
  if (ids === undefined) throw invalid('The body is no <BlockList>.', { target: 'body' })
  const staged = await stagedBlocks(ctx.db.kysely, address)
  const digests = ids.map((id) => {
    const digest = staged.get(id)
    if (digest === undefined)
      throw new StorageError('InvalidRequestContent', 'InvalidBlockList', `The block '${id}' was not uploaded.`, { target: id })
    return digest
  })
  const stored = await ctx.content.concatenate(digests, { maximumBytes: maximumBlobBytes })
  const blob = await commitBlob(ctx, address, stored, {
    conditions: conditionsOf(request),
    metadata: metadataOf(request),
    contentType: textOf(request.headers['x-ms-blob-content-type']),
  })
  await dropBlocks(ctx.db.kysely, address)
  return created(blob)
}

async function putMetadata(ctx: Context, request: ApiRequest, address: BlobAddress): Promise<ApiReply> {
  const blob = await ctx.db.transaction(async (tx) => {
    await requireConditions(tx, address, conditionsOf(request))
    return setBlobMetadata(tx, ctx, address, metadataOf(request))
  })
  if (blob === undefined) throw blobNotFound(address.name)
  return { ...created(blob), status: 200 }
}

async function removeBlob(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const address = await blobAddress(ctx, request, 'delete')
  const removed = await ctx.db.transaction(async (tx) => {
    await requireConditions(tx, address, conditionsOf(request))
    return deleteBlob(tx, address)
  })
  if (!removed) throw blobNotFound(address.name)
  return { status: 202, headers: { 'x-ms-version': blobServiceVersion } }
}

/** The body as it is; fails at its end when it is not what `Content-MD5` says (base64, RFC 1864). */
async function* checkedBody(stream: Readable, expected: string | string[] | undefined): AsyncGenerator<Uint8Array> {
  const hash = expected === undefined ? undefined : createHash('md5')
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    hash?.update(chunk)
    yield chunk
  }
  if (hash !== undefined && hash.digest('base64') !== expected) {
    throw new StorageError(
      'BadRequest',
      'Md5Mismatch',
      'The body does not have the MD5 that Content-MD5 says; nothing was stored.',
    )
  }
}

function created(blob: BlobFacts): ApiReply {
  return {
    status: 201,
    headers: {
      etag: blob.etag,
      'last-modified': blob.modifiedAt.toUTCString(),
      'x-ms-version': blobServiceVersion,
      'x-ms-request-server-encrypted': 'false',
    },
  }
}

function conditionsOf(request: ApiRequest): BlobConditions {
  return { ifMatch: textOf(request.headers['if-match']), ifNoneMatch: textOf(request.headers['if-none-match']) }
}

function contentTypeOf(request: ApiRequest): string | undefined {
  return textOf(request.headers['x-ms-blob-content-type']) ?? textOf(request.headers['content-type'])
}

function metadataOf(request: ApiRequest): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith('x-ms-meta-') || typeof value !== 'string') continue
    const key = name.slice('x-ms-meta-'.length)
    if (!/^[a-z_][a-z0-9_]{0,255}$/i.test(key))
      throw invalid(`'${key}' is no metadata name: letters, digits and underscores.`, { target: name })
    metadata[key] = value
  }
  if (JSON.stringify(metadata).length > 8 * 1024) throw invalid('Metadata is larger than 8 KiB.', { target: 'x-ms-meta' })
  return metadata
}

function unsupported(what: string): StorageError {
  return new StorageError(
    'NotSupported',
    'UnsupportedQueryParameter',
    `${what} is not supported; put, block, blocklist, metadata, get, head, list and delete are.`,
  )
}
