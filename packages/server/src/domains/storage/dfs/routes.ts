import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { updateBlob } from '../blob-store.ts'
import { leaseBlob } from '../blob/lease.ts'
import { getBlob } from '../blob/read.ts'
import { written, type StorageRequest } from '../blob/request.ts'
import { folderMetadata, isFolder, isHierarchical, requireHierarchical } from '../path-access.ts'
import { blobNotFound, storageError } from '../storage-error.ts'
import { lockExisting } from '../write-blob.ts'
import { checkAccess, getAccess, getStatus, headPath, putAccess, putAccessBelow } from './access.ts'
import { appendData, flushData } from './data.ts'
import {
  createFilesystem,
  deleteFilesystem,
  filesystemProperties,
  listFilesystem,
  listFilesystems,
  setFilesystemProperties,
} from './filesystems.ts'
import { dataLakeHeaders, pathOf, putPath, removePath } from './paths.ts'
import { metadataOfProperties } from './properties.ts'

type Handler = (ctx: Context, request: StorageRequest) => Promise<ApiReply>
type Handlers = Readonly<Record<string, Handler>>

const filesystems: Handlers = {
  GET: listFilesystem,
  HEAD: filesystemProperties,
  PUT: createFilesystem,
  PATCH: setFilesystemProperties,
  DELETE: deleteFilesystem,
}

/** By method and `action`. */
const paths: Handlers = {
  PUT: putPath,
  GET: getBlob,
  HEAD: headPath,
  DELETE: removePath,
  POST: leaseBlob,
  'HEAD getaccesscontrol': getAccess,
  'HEAD getstatus': getStatus,
  'HEAD checkaccess': checkAccess,
  'PATCH append': appendData,
  'PATCH flush': flushData,
  'PATCH setproperties': setPathProperties,
  'PATCH setaccesscontrol': putAccess,
  'PATCH setaccesscontrolrecursive': putAccessBelow,
}

/**
 * Whether a request is of the Data Lake protocol. Its clients send some requests in the Blob protocol, to whichever endpoint they know, so the
 * parameters tell more than the host.
 */
export async function isDataLakeRequest(ctx: Context, request: StorageRequest): Promise<boolean> {
  if (request.query('comp') !== undefined || request.query('restype') !== undefined) return false
  const words = ['resource', 'action', 'recursive']
  if (words.some((name) => request.query(name) !== undefined) || request.header('x-ms-rename-source') !== undefined) return true
  const { method } = request.api.operation
  // Paths of a hierarchical account have more to tell than blobs, in both protocols.
  if (method === 'HEAD' && request.name !== '') return isHierarchical(ctx.db.kysely, request.address.account)
  return request.address.endpoint === 'dfs' && method !== 'GET' && method !== 'HEAD'
}

/** Answers a request of the Data Lake protocol. */
export async function handleDataLakeRequest(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { method } = request.api.operation
  const action = request.queryWord('action')
  if (request.address.container === '') {
    if (method === 'GET' && request.queryWord('resource') === 'account') return listFilesystems(ctx, request)
    throw storageError(400, 'InvalidUri', 'The path names no file system.')
  }
  if (request.queryWord('resource') === 'filesystem') {
    const handler = filesystems[method]
    if (handler !== undefined) return handler(ctx, request)
    throw storageError(405, 'UnsupportedHttpVerb', `${method} is not answered for a file system.`)
  }
  const handler = paths[action === undefined ? method : `${method} ${action}`]
  if (handler === undefined)
    throw storageError(
      400,
      'InvalidQueryParameterValue',
      `action=${(action ?? '').slice(0, 50)} is no operation of ${method}.`,
      'action',
    )
  if (request.name.replace(/\/+$/, '') === '' && !(action ?? '').includes('access') && action !== 'getstatus')
    throw storageError(400, 'InvalidUri', 'The root of a file system is not created, written or deleted; delete the file system.')
  await requireHierarchical(ctx.db.kysely, request.address.account)
  return handler(ctx, request)
}

/** Path Update, action=setProperties. */
async function setPathProperties(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  await request.permit(ctx, 'writeBlob', address.name)
  const properties = metadataOfProperties(request.header('x-ms-properties'))
  const blob = await ctx.db.transaction(async (tx) => {
    const existing = await lockExisting(tx, ctx, address, request.guard())
    return updateBlob(tx, ctx, address, {
      metadata: isFolder(existing) ? { ...properties, ...folderMetadata } : properties,
      headers: { ...existing.headers, ...dataLakeHeaders(request) },
      contentType: request.header('x-ms-content-type') ?? existing.contentType,
    })
  })
  if (blob === undefined) throw blobNotFound(address.name)
  return written(blob, 200)
}
