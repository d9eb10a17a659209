import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { findAccount } from '../accounts.ts'
import { markerOf, positionOfMarker } from '../blob/list.ts'
import { putContainer, removeContainer } from '../blob/container.ts'
import { conditionsOf, written, type StorageRequest } from '../blob/request.ts'
import { printMode } from '../acl.ts'
import { requirePath } from '../change-access.ts'
import { requireConditions } from '../conditions.ts'
import { readContainer, selectContainers, updateContainer, type ContainerFacts } from '../container-store.ts'
import { listPaths } from '../list-paths.ts'
import { isHierarchical, requireHierarchical } from '../path-access.ts'
import { containerNotFound, storageError } from '../storage-error.ts'
import { metadataOfProperties, propertiesOfMetadata } from './properties.ts'

const mostPerPage = 5_000

/** Create Filesystem. */
export async function createFilesystem(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const metadata = metadataOfProperties(request.header('x-ms-properties'))
  const reply = await putContainer(ctx, request)
  if (Object.keys(metadata).length > 0) await updateContainer(ctx.db.kysely, ctx, request.container, { metadata })
  const isEnabled = await isHierarchical(ctx.db.kysely, request.address.account)
  return { ...reply, headers: { ...reply.headers, 'x-ms-namespace-enabled': String(isEnabled) } }
}

export const deleteFilesystem = removeContainer

async function known(ctx: Context, request: StorageRequest): Promise<ContainerFacts> {
  const container = await readContainer(ctx.db.kysely, request.container)
  if (container === undefined) throw containerNotFound(request.address.container)
  return container
}

/** Get Filesystem Properties. */
export async function filesystemProperties(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'readContainer', '')
  const container = await known(ctx, request)
  const isEnabled = await isHierarchical(ctx.db.kysely, request.address.account)
  return written(container, 200, {
    'x-ms-namespace-enabled': String(isEnabled),
    'x-ms-properties': propertiesOfMetadata(container.metadata),
  })
}

/** Set Filesystem Properties. */
export async function setFilesystemProperties(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'writeContainer', '')
  const metadata = metadataOfProperties(request.header('x-ms-properties'))
  const container = await known(ctx, request)
  requireConditions(container, conditionsOf(request), container.container)
  await updateContainer(ctx.db.kysely, ctx, container, { metadata })
  return written(await known(ctx, request), 200)
}

/** List Filesystems. */
export async function listFilesystems(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  await request.permit(ctx, 'listContainers', '')
  const { account } = request.address
  if ((await findAccount(ctx.db.kysely, account)) === undefined) throw containerNotFound(account)
  const limit = pageSize(request)
  const continuation = request.query('continuation')
  const from = continuation === undefined ? undefined : positionOfMarker(continuation).name
  const query = { account, prefix: request.query('prefix') ?? '', from, limit: limit + 1 }
  const found = await selectContainers(ctx.db.kysely, query)
  const next = found[limit]
  return {
    status: 200,
    headers: next === undefined ? {} : { 'x-ms-continuation': markerOf({ name: next.container }) },
    body: {
      filesystems: found.slice(0, limit).map((container) => ({
        name: container.container,
        lastModified: container.modifiedAt.toUTCString(),
        etag: container.etag,
      })),
    },
  }
}

/** List Paths. */
export async function listFilesystem(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const directory = (request.query('directory') ?? '').replace(/^\/+|\/+$/g, '')
  await request.permit(ctx, 'listBlobs', directory === '' ? '' : `${directory}/`)
  await known(ctx, request)
  const recursive = request.queryWord('recursive')
  if (recursive !== 'true' && recursive !== 'false')
    throw storageError(400, 'MissingRequiredQueryParameter', 'List Paths needs recursive=true or false.', 'recursive')
  await requireHierarchical(ctx.db.kysely, request.address.account)
  const continuation = request.query('continuation')
  const { paths, next } = await listPaths(ctx.db.kysely, {
    ...request.container,
    directory,
    recursive: recursive === 'true',
    from: continuation === undefined ? undefined : positionOfMarker(continuation).name,
    limit: pageSize(request),
  })
  if (paths.length === 0 && directory !== '' && continuation === undefined)
    await requirePath(ctx.db.kysely, { ...request.container, name: directory })
  return {
    status: 200,
    headers: next === undefined ? {} : { 'x-ms-continuation': markerOf({ name: next }) },
    body: {
      paths: paths.map(({ name, isDirectory, blob, access }) => ({
        name,
        ...(isDirectory ? { isDirectory: 'true' } : {}),
        contentLength: String(blob?.sizeBytes ?? 0),
        ...(blob === undefined
          ? {}
          : {
              etag: blob.etag.replaceAll('"', ''),
              lastModified: blob.modifiedAt.toUTCString(),
              creationTime: fileTime(blob.createdAt),
            }),
        owner: access.owner,
        group: access.group,
        permissions: printMode(access.entries),
      })),
    },
  }
}

/** 100 ns since 1601, as the protocol gives the time of creation. */
function fileTime(date: Date): string {
  return String((BigInt(date.getTime()) + 11_644_473_600_000n) * 10_000n)
}

export function pageSize(request: StorageRequest): number {
  const text = request.query('maxresults') ?? request.query('maxrecords')
  if (text === undefined) return mostPerPage
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw storageError(400, 'OutOfRangeQueryParameterValue', 'maxResults is a whole number from 1 on.', 'maxResults')
  return Math.min(Number(text), mostPerPage)
}
