import { blobOperations, isAppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { readAll, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import { verifySigned } from '../sas/verify.ts'
import { storageError } from '../storage-error.ts'
import { storageCodeOf, storageStatusOf } from './errors.ts'
import { setTier } from './properties.ts'
import { deleteBlob } from './remove.ts'
import { StorageRequest, versionOf } from './request.ts'
import { element, xmlDocument } from './xml.ts'

const mostBytes = 4 * 1024 * 1024
const mostRequests = 256

interface Part {
  readonly id: string
  readonly method: string
  readonly url: string
  readonly headers: ApiRequest['headers']
}

/** Blob Batch: deletes blobs or sets tiers, each request with its own signature and its own answer. */
export async function runBatch(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const boundary = /boundary="?([\w'()+,./:=?-]{1,70})"?/i.exec(request.header('content-type') ?? '')?.[1]
  if (boundary === undefined)
    throw storageError(400, 'InvalidHeaderValue', 'A batch has the content type multipart/mixed with a boundary.', 'content-type')
  const parts = partsOf((await readAll(request.api.stream, mostBytes)).toString('utf8'), boundary)
  if (parts.length === 0 || parts.length > mostRequests)
    throw storageError(400, 'InvalidInput', `A batch has 1 to ${mostRequests} requests; this one has ${parts.length}.`, 'body')
  const mark = `batchresponse_${ctx.ids.uuid()}`
  const answers: string[] = []
  for (const part of parts) answers.push(printed(part, await answered(ctx, request, part), mark))
  return {
    status: 202,
    headers: { 'content-type': `multipart/mixed; boundary=${mark}` },
    raw: `${answers.join('')}--${mark}--\r\n`,
  }
}

/** @throws InvalidInput naming the part that cannot be read */
function partsOf(body: string, boundary: string): Part[] {
  const sections = body.split(new RegExp(`(?:^|\\r?\\n)--${escaped(boundary)}(?:--)?[ \\t]*(?:\\r?\\n|$)`))
  return sections
    .filter((section) => section.trim() !== '')
    .map((section, index) => {
      const [outer = '', ...rest] = section.split(/\r?\n\r?\n/)
      const lines = rest.join('\n\n').split(/\r?\n/)
      const [, method, url] = /^(DELETE|PUT) (\/\S*) HTTP\/1\.1$/.exec(lines[0]?.trim() ?? '') ?? []
      if (method === undefined || url === undefined)
        throw storageError(400, 'InvalidInput', `Request ${index + 1} of the batch is no DELETE or PUT of a path.`, 'body')
      return {
        id: headersOf(outer.split(/\r?\n/))['content-id'] ?? String(index),
        method,
        url,
        headers: headersOf(lines.slice(1)),
      }
    })
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line) => /^([\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line))
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[(pair[1] ?? '').toLowerCase(), pair[2] ?? '']])))
}

async function answered(ctx: Context, request: StorageRequest, part: Part): Promise<ApiReply> {
  try {
    const asked = await subRequest(ctx, request, part)
    const { account, container, name } = asked.address
    const outside = account !== request.address.account || !['', container].includes(request.address.container)
    if (outside || name === '') throw storageError(400, 'InvalidInput', 'A request of the batch leaves its account or container.')
    if (part.method === 'DELETE' && asked.query('comp') === undefined) return await deleteBlob(ctx, asked)
    if (part.method === 'PUT' && asked.queryWord('comp') === 'tier') return await setTier(ctx, asked)
    throw storageError(400, 'InvalidInput', 'A batch deletes blobs or sets their tiers (comp=tier).')
  } catch (error) {
    if (!isAppError(error) || error.status >= 500) throw error
    const code = storageCodeOf(error)
    return {
      status: storageStatusOf(error),
      headers: { 'x-ms-error-code': code, 'content-type': 'application/xml' },
      raw: xmlDocument('Error', {}, element('Code', code), element('Message', error.message)),
    }
  }
}

/** A request of the batch as its own; one that is not signed is the caller's. */
async function subRequest(ctx: Context, request: StorageRequest, part: Part): Promise<StorageRequest> {
  const { api } = request
  const { authorization, ...headers } = part.headers
  const isBearer = authorization === undefined || /^Bearer\s/i.test(authorization)
  if (isBearer && authorization !== undefined && authorization !== api.headers.authorization)
    throw storageError(403, 'AuthenticationFailed', 'The requests of a batch come with the token of the batch.')
  const signed = await verifySigned(ctx, {
    method: part.method,
    url: part.url,
    headers: isBearer ? headers : part.headers,
    protocol: new URL(api.origin).protocol.slice(0, -1),
    remoteAddress: '127.0.0.1',
  })
  const query = Object.fromEntries(new URLSearchParams(part.url.split('?')[1] ?? ''))
  const operation = part.method === 'DELETE' ? blobOperations.delete : blobOperations.put
  return new StorageRequest({ ...api, actor: signed ?? api.actor, operation, url: part.url, headers: part.headers, query })
}

function printed(part: Part, { status = 200, headers = {}, raw = '' }: ApiReply, mark: string): string {
  const body = typeof raw === 'string' ? raw : ''
  const lines = Object.entries({
    ...headers,
    'x-ms-version': versionOf(part.headers),
    'content-length': String(Buffer.byteLength(body)),
  })
  return [
    `--${mark}`,
    'Content-Type: application/http',
    `Content-ID: ${part.id.replace(/[^\w-]/g, '')}`,
    '',
    `HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Refused'}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
    '',
  ].join('\r\n')
}
