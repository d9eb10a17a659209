import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { isAllowed, parseAcl, parseEntry, printAcl, printMode } from '../acl.ts'
import { isSuperuser } from '../blob-access.ts'
import { findBlob, type BlobAddress } from '../blob-store.ts'
import { headBlob } from '../blob/read.ts'
import { markerOf, positionOfMarker } from '../blob/list.ts'
import { written, type StorageRequest } from '../blob/request.ts'
import { requirePath, setAccess, setAccessBelow } from '../change-access.ts'
import { readContainer } from '../container-store.ts'
import { accessOf } from '../path-access.ts'
import { isOwner } from '../path-rights.ts'
import { containerNotFound, storageError } from '../storage-error.ts'
import type { StorageNeedName } from '../storage-needs.ts'
import { pageSize } from './filesystems.ts'
import { pathOf } from './paths.ts'
import { propertiesOfMetadata } from './properties.ts'

const mostPerChange = 2_000

async function accessHeaders(ctx: Context, address: BlobAddress): Promise<Record<string, string>> {
  const kind = await requirePath(ctx.db.kysely, address)
  const access = await accessOf(ctx.db.kysely, address, address.name, kind === 'directory')
  return {
    'x-ms-owner': access.owner,
    'x-ms-group': access.group,
    'x-ms-permissions': printMode(access.entries),
    'x-ms-acl': printAcl(access.entries),
    'x-ms-resource-type': kind,
  }
}

/** ETag and time of a path; of the file system for its root and for directories that nobody made. */
async function stateOf(ctx: Context, address: BlobAddress): Promise<{ etag: string; modifiedAt: Date }> {
  const blob = address.name === '' ? undefined : await findBlob(ctx.db.kysely, address)
  const state = blob ?? (await readContainer(ctx.db.kysely, address))
  if (state === undefined) throw containerNotFound(address.container)
  return state
}

/** Path Get Properties: what a blob's are, with owner and rights; also of a directory that is there only because something is below it. */
export async function headPath(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  await request.permit(ctx, 'readProperties', address.name)
  const blob = address.name === '' ? undefined : await findBlob(ctx.db.kysely, address)
  const { 'x-ms-acl': _acl, ...rights } = await accessHeaders(ctx, address)
  if (blob === undefined || request.query('snapshot') !== undefined)
    return written(await stateOf(ctx, address), 200, { ...rights, 'content-length': '0', 'x-ms-meta-hdi_isfolder': 'true' })
  const reply = await headBlob(ctx, request)
  return { ...reply, headers: { ...reply.headers, ...rights, 'x-ms-properties': propertiesOfMetadata(blob.metadata) } }
}

/** Path Get Properties, action=getAccessControl. */
export async function getAccess(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  await request.permit(ctx, 'readAccess', address.name)
  const state = await stateOf(ctx, address)
  const { 'x-ms-resource-type': _kind, ...rights } = await accessHeaders(ctx, address)
  return written(state, 200, rights)
}

/** Path Get Properties, action=getStatus: system properties only. */
export async function getStatus(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const { status, headers } = await headPath(ctx, request)
  const system = Object.entries(headers ?? {}).filter(([name]) => !name.startsWith('x-ms-meta-') && name !== 'x-ms-properties')
  return { status: status ?? 200, headers: Object.fromEntries(system) }
}

/** Path Get Properties, action=checkAccess. */
export async function checkAccess(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  await request.permit(ctx, 'readAccess', address.name)
  const kind = await requirePath(ctx.db.kysely, address)
  const wanted = (request.query('fsaction') ?? '').replaceAll('-', '')
  const access = await accessOf(ctx.db.kysely, address, address.name, kind === 'directory')
  const actor = request.api.actor
  if (!(await isSuperuser(ctx, actor, address)) && !isAllowed(access, actor, wanted))
    throw storageError(
      403,
      'AuthorizationPermissionMismatch',
      `The access control list on '/${address.name}' does not give '${wanted}'.`,
    )
  return { status: 200 }
}

/** Changing rights needs a signature or role that says so, or ownership; giving a path away needs the data owner's role. */
async function permitChange(ctx: Context, request: StorageRequest, need: StorageNeedName): Promise<void> {
  const address = pathOf(request)
  const kind = await requirePathFor(ctx, request)
  if (need === 'changePermissions' && (await isOwner(ctx, request.api.actor, address, kind === 'directory'))) return
  await request.permit(ctx, need, address.name)
}

/** Whether there is such a path is told to those only who may come as far as it. */
async function requirePathFor(ctx: Context, request: StorageRequest): Promise<'directory' | 'file'> {
  const grant = request.api.actor.storageGrant
  if (grant === undefined || grant.withinRoles === true) await request.permit(ctx, 'readAccess', pathOf(request).name)
  return requirePath(ctx.db.kysely, pathOf(request))
}

/** Path Update, action=setAccessControl. */
export async function putAccess(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  const [owner, group] = [request.header('x-ms-owner'), request.header('x-ms-group')]
  const [mode, acl] = [request.header('x-ms-permissions'), request.header('x-ms-acl')]
  if ([owner, group, mode, acl].every((value) => value === undefined))
    throw storageError(400, 'MissingRequiredHeader', 'Send x-ms-acl, x-ms-permissions, x-ms-owner or x-ms-group.')
  if (owner !== undefined || group !== undefined) await permitChange(ctx, request, 'changeOwner')
  if (mode !== undefined || acl !== undefined) await permitChange(ctx, request, 'changePermissions')
  await setAccess(ctx, address, { owner, group, mode, entries: acl === undefined ? undefined : parseAcl(acl) })
  return written(await stateOf(ctx, address), 200, { 'content-length': '0' })
}

/** Path Update, action=setAccessControlRecursive. */
export async function putAccessBelow(ctx: Context, request: StorageRequest): Promise<ApiReply> {
  const address = pathOf(request)
  const mode = request.queryWord('mode')
  if (mode !== 'set' && mode !== 'modify' && mode !== 'remove')
    throw storageError(400, 'InvalidQueryParameterValue', 'mode is set, modify or remove.', 'mode')
  // Owners of the top own not all below it: a tree is changed by role or signature.
  await requirePathFor(ctx, request)
  await request.permit(ctx, 'changePermissions', address.name)
  const acl = request.header('x-ms-acl') ?? ''
  const entries = mode === 'set' ? parseAcl(acl) : acl.split(',').map((part) => parseEntry(part.trim(), mode === 'modify'))
  const continuation = request.query('continuation')
  const { directories, files, next } = await setAccessBelow(
    ctx,
    address,
    { mode, entries },
    {
      from: continuation === undefined ? undefined : positionOfMarker(continuation).name,
      limit: Math.min(pageSize(request), mostPerChange),
    },
  )
  return {
    status: 200,
    headers: next === undefined ? {} : { 'x-ms-continuation': markerOf({ name: next }) },
    body: { directoriesSuccessful: directories, filesSuccessful: files, failureCount: 0, failedEntries: [] },
  }
}
