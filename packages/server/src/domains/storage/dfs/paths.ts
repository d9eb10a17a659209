import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { decodePathOnce } from '../../../kernel/safe/index.ts'
import { parseAcl } from '../acl.ts'
import { requireStorageAccess } from '../blob-access.ts'
import type { BlobAddress } from '../blob-store.ts'
import { draftOf } from '../blob/draft.ts'
import { conditionsOf, invalidHeader, requireBlobName, written, type StorageRequest } from '../blob/request.ts'
import { setAccess } from '../change-access.ts'
import { requireDeletable } from '../path-rights.ts'
import { createPath, deletePath, renamePath } from '../path-tree.ts'
import { verifySigned } from '../sas/verify.ts'
import { storageError } from '../storage-error.ts'
import { metadataOfProperties } from './properties.ts'

/** Path Create: a file or a directory, or another name for one (`x-ms-rename-source`). */
export async function putPath(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  requireBlobName(address.name)
  if (request.header('x-ms-rename-source') !== undefined) return rename(ctx, request, address)
  const resource = request.queryWord('resource')
  if (resource !== 'file' && resource !== 'directory')
    throw storageError(400, 'InvalidQueryParameterValue', 'Path Create needs resource=file or directory.', 'resource')
  await request.permit(ctx, 'createPath', address.name)
  const acl = request.header('x-ms-acl')
  const made = await createPath(ctx, address, {
    isDirectory: resource === 'directory',
    draft: {
      ...draftOf(ctx, request),
      name: address.name,
      contentType: request.header('x-ms-content-type'),
      headers: dataLakeHeaders(request),
      metadata: metadataOfProperties(request.header('x-ms-properties')),
    },
    guard: request.guard(),
    mode: request.header('x-ms-permissions'),
    umask: request.header('x-ms-umask'),
  })
  if (acl !== undefined) await setAccess(ctx, address, { entries: parseAcl(acl) })
  return written(made, 201, { 'content-length': '0' })
}

/** `x-ms-content-*` and `x-ms-cache-control`, as this protocol names them. */
export function dataLakeHeaders(request: StorageRequest) {
  const pairs = {
    cacheControl: request.header('x-ms-cache-control'),
    contentEncoding: request.header('x-ms-content-encoding'),
    contentLanguage: request.header('x-ms-content-language'),
    contentDisposition: request.header('x-ms-content-disposition'),
    contentMd5: request.header('x-ms-content-md5'),
  }
  return Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== undefined))
}

/** The path without the slashes that clients leave at its ends. */
export function pathOf(request: StorageRequest): BlobAddress {
  return { ...request.container, name: request.name.replace(/^\/+|\/+$/g, '') }
}

async function rename(ctx: Context, request: StorageRequest, destination: BlobAddress): Promise<ApiReply> {
  const source = await sourceOf(ctx, request)
  await request.permit(ctx, 'createPath', destination.name)
  const moved = await renamePath(ctx, source, destination, {
    guard: request.guard(),
    sourceConditions: conditionsOf(request, 'x-ms-source-'),
    sourceLeaseId: request.header('x-ms-source-lease-id'),
  })
  const now = ctx.clock.now()
  return written(moved ?? { etag: '"0x0"', modifiedAt: now }, 201, { 'content-length': '0' })
}

/** `/{filesystem}/{path}[?signature]`, percent-encoded; in path style with `/store/{host}` before it or without. */
async function sourceOf(ctx: Context, request: StorageRequest): Promise<BlobAddress> {
  const text = request.header('x-ms-rename-source') ?? ''
  const [path = '', search] = text.split('?', 2)
  const segments = path.replace(/^\/+/, '').split('/')
  if (segments[0]?.toLowerCase() === 'store') segments.splice(0, 2)
  const [container = '', ...rest] = segments.map(decodePathOnce)
  const name = rest.join('/').replace(/\/+$/, '')
  if (container === '' || name === '') throw invalidHeader('x-ms-rename-source', text, 'write /filesystem/path')
  requireBlobName(name)
  const source = { account: request.address.account, container, name }
  const actor = search === undefined ? request.api.actor : await signedActor(ctx, request, source, search)
  await requireStorageAccess(ctx, actor, { target: source, need: 'movePath', requestId: request.api.id })
  return source
}

async function signedActor(ctx: Context, request: StorageRequest, source: BlobAddress, search: string) {
  const path = [source.container, ...source.name.split('/')].map(encodeURIComponent).join('/')
  const signed = await verifySigned(ctx, {
    method: 'PUT',
    url: `/store/${source.account}/${path}?${search}`,
    headers: {},
    protocol: 'https',
    remoteAddress: '127.0.0.1',
  })
  return signed ?? request.api.actor
}

/** Path Delete. */
export async function removePath(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  const recursive = request.queryWord('recursive') === 'true'
  const way = await request.permit(ctx, 'deleteBlob', address.name)
  if (way === 'lists' && recursive) await requireDeletable(ctx, request.api.actor, address)
  const { createsOnly: _createsOnly, ...guard } = request.guard()
  const { more } = await deletePath(ctx, address, { recursive, guard })
  return {
    status: 200,
    headers: { 'content-length': '0', ...(more ? { 'x-ms-continuation': 'more' } : { 'x-ms-deletion-id': '' }) },
  }
}
