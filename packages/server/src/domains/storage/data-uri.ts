import { invalid, nearest, notFound } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'
import { accountOf, defaultContainers, findAccount } from './accounts.ts'
import { findContainer } from './blob-store.ts'
import { notMirrored } from './external-files.ts'
import { canonicalUrl, mirroredPlace } from './mirrored-place.ts'

export const datastoreType = 'Microsoft.MachineLearningServices/workspaces/datastores'
export const defaultDatastore = 'workspaceblobstore'
export const artifactDatastore = 'workspaceartifactstore'

/** Where a URI points: a blob, or everything below `path` + '/'. An empty path is the whole container. */
export interface BlobLocation {
  readonly account: string
  readonly container: string
  readonly path: string
  /** True when writes through this address are refused. */
  readonly readOnly: boolean
  /** Name of the datastore, when the URI named one. */
  readonly datastore?: string
}

const longForm =
  /^azureml:\/\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/(?:providers\/microsoft\.machinelearningservices\/)?workspaces\/([^/]+)\/datastores\/([^/]+)(?:\/paths)?(?:\/(.*))?$/is
const shortForm = /^azureml:\/\/datastores\/([^/]+)(?:\/paths)?(?:\/(.*))?$/is
const registryForm = /^azureml:\/\/registries\/([^/]+)\/datastores\/([^/]+)\/paths(?:\/(.*))?$/is
const wasbs = /^(?:wasbs?|abfss?):\/\/([^@/]+)@([^/.]+)\.[^/]+(?:\/(.*))?$/is

/**
 * The place that a data URI names, as the workspace (or registry) `workspaceId` may use it. Ids of other workspaces do not resolve.
 * @throws InvalidUri the form is unknown · ResourceNotFound no such datastore, or the container is not one of this workspace
 */
export async function parseDataUri(
  ctx: Context,
  workspaceId: string,
  uri: string,
  db: Executor = ctx.db.kysely,
): Promise<BlobLocation> {
  const short = shortForm.exec(uri)
  if (short !== null) return inDatastore(db, workspaceId, short[1] ?? '', short[2] ?? '')
  const long = longForm.exec(uri)
  if (long !== null) {
    const [, subscription, group, workspace, datastore = '', path = ''] = long
    const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`
    if (id.toLowerCase() !== workspaceId.toLowerCase())
      throw notFound(
        'Datastore',
        datastore,
        'The URI names another workspace; copy the data or attach its storage as a datastore.',
      )
    return inDatastore(db, workspaceId, datastore, path)
  }
  const registry = registryForm.exec(uri)
  if (registry !== null) {
    const id = await registryId(db, workspaceId, registry[1] ?? '')
    const location = await inDatastore(db, id, registry[2] ?? '', registry[3] ?? '')
    return { ...location, readOnly: id.toLowerCase() !== workspaceId.toLowerCase() }
  }
  return inContainer(db, workspaceId, uri)
}

/** The id of a registry by its name. @throws ResourceNotFound */
export async function registryId(db: Executor, workspaceId: string, name: string): Promise<string> {
  if (/\/registries\/[^/]+$/i.test(workspaceId) && workspaceId.toLowerCase().endsWith(`/${name.toLowerCase()}`))
    return workspaceId
  const row = await db
    .selectFrom('resources')
    .select('display_id')
    .where('type', '=', 'microsoft.machinelearningservices/registries')
    .where(sql<boolean>`lower(name) = ${name.toLowerCase()}`)
    .executeTakeFirst()
  if (row === undefined) throw notFound('Registry', name)
  return row.display_id
}

export interface ResolvedDatastore {
  readonly account: string
  readonly container: string
  readonly readOnly: boolean
}

/** A datastore of a workspace; the two that every workspace has resolve even before their resources are there. */
export async function resolveDatastore(
  db: Executor,
  workspaceId: string,
  name: string,
  loaded?: StoredResource,
): Promise<ResolvedDatastore> {
  const resource = loaded ?? (await findResource(db, `${workspaceId}/datastores/${name}`))
  if (resource !== undefined) {
    const { properties } = resource
    const container = properties['containerName'] ?? properties['filesystem'] ?? properties['fileShareName']
    if (resource.status['local'] !== true || typeof container !== 'string') {
      throw invalid(
        `Datastore '${name}' is of an account outside this instance; its data cannot be read here yet. Copy the data into 'workspaceblobstore'.`,
        { code: 'NotSupported', target: name },
      )
    }
    return { account: String(properties['accountName']).toLowerCase(), container, readOnly: properties['access'] === 'read' }
  }
  const containers = defaultContainers(workspaceId)
  const account = await accountOf(db, workspaceId)
  if (name.toLowerCase() === defaultDatastore) return { account, container: containers.blobs, readOnly: false }
  if (name.toLowerCase() === artifactDatastore) return { account, container: containers.artifacts, readOnly: false }
  if (/\/registries\/[^/]+$/i.test(workspaceId)) {
    const own = await findContainer(db, { account, container: name })
    if (own?.ownerId === workspaceId.toLowerCase()) return { account, container: name, readOnly: false }
  }
  const known = (await listResources(db, { type: datastoreType, parentId: workspaceId, limit: 200 })).map((entry) => entry.name)
  const hint = nearest(name, known)
  throw notFound('Datastore', name, hint === undefined ? undefined : `Did you mean '${hint}'?`)
}

async function inDatastore(db: Executor, workspaceId: string, name: string, path: string): Promise<BlobLocation> {
  const datastore = await findResource(db, `${workspaceId}/datastores/${name}`)
  const outside = outsideUrl(datastore, path)
  if (outside !== undefined) {
    const mirrored = await mirroredPlace(db, outside)
    if (mirrored === undefined) throw notMirrored(outside)
    return { ...mirrored, datastore: name }
  }
  return { ...(await resolveDatastore(db, workspaceId, name, datastore)), path: trimmed(path), datastore: name }
}

/** The public address of a path in a datastore of an account outside this instance. */
function outsideUrl(datastore: StoredResource | undefined, path: string): string | undefined {
  if (datastore === undefined) return undefined
  const { properties, status } = datastore
  const container = properties['containerName'] ?? properties['filesystem'] ?? properties['fileShareName']
  if (status['local'] !== false || typeof container !== 'string') return undefined
  const endpoint = typeof properties['endpoint'] === 'string' ? properties['endpoint'] : 'core.windows.net'
  return `https://${String(properties['accountName'])}.blob.${endpoint}/${container}/${trimmed(path)}`
}

/** A plain storage URL is usable when the container is the workspace's own or one of its datastores has it. */
async function inContainer(db: Executor, workspaceId: string, uri: string): Promise<BlobLocation> {
  const own = await ownContainer(db, workspaceId, uri)
  if (own !== undefined) return own
  const address = storageAddress(uri)
  const isHere = address !== undefined && (await isLocal(db, address))
  const mirrored = isHere ? undefined : await mirroredPlace(db, uri)
  if (mirrored !== undefined) return mirrored
  if (!isHere && isOutside(uri)) throw notMirrored(uri)
  if (address === undefined) {
    throw invalid(
      `'${uri.slice(0, 200)}' is no data URI that can be used here. Use azureml://datastores/<name>/paths/<path>, azureml:<asset>:<version>, or a URL of this instance's storage.`,
      { code: 'InvalidUri', target: 'uri' },
    )
  }
  const container = await findContainer(db, address)
  if (container?.ownerId === workspaceId.toLowerCase()) return { ...address, readOnly: false }
  const attached = (await listResources(db, { type: datastoreType, parentId: workspaceId, limit: 1000 })).find(
    ({ properties, status }) =>
      status['local'] === true &&
      String(properties['accountName']).toLowerCase() === address.account &&
      properties['containerName'] === address.container,
  )
  if (attached === undefined)
    throw notFound('Container', `${address.account}/${address.container}`, 'Attach it to the workspace as a datastore.')
  return { ...address, readOnly: attached.properties['access'] === 'read' }
}

async function isLocal(db: Executor, address: { account: string; container: string }): Promise<boolean> {
  return (await findContainer(db, address)) !== undefined || (await findAccount(db, address.account)) !== undefined
}

/** A public address: not one of this instance's storage, however that is reached. */
function isOutside(uri: string): boolean {
  const url = canonicalUrl(uri)
  return url !== undefined && !/^[^/]+\/store[/.]/i.test(url)
}

/** SDK 1.4.0 writes the address of uploaded code without the account: `https://host/store/{container}/{path}`. */
async function ownContainer(db: Executor, workspaceId: string, uri: string): Promise<BlobLocation | undefined> {
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri)) return undefined
  const [root, container, ...rest] = decodeSegments(new URL(uri).pathname) ?? []
  if (root?.toLowerCase() !== 'store' || container === undefined) return undefined
  const row = await db
    .selectFrom('blob_containers')
    .select('account')
    .where('name', '=', container)
    .where('owner_id', '=', workspaceId.toLowerCase())
    .executeTakeFirst()
  return row === undefined ? undefined : { account: row.account, container, path: trimmed(rest.join('/')), readOnly: false }
}

/** Account, container and path of `https://{account}.blob.…/c/p`, `https://host/store/{account}.blob.…/c/p`, `wasbs://c@{account}…/p`. */
export function storageAddress(uri: string): { account: string; container: string; path: string } | undefined {
  const hadoop = wasbs.exec(uri)
  if (hadoop !== null)
    return { account: (hadoop[2] ?? '').toLowerCase(), container: hadoop[1] ?? '', path: trimmed(hadoop[3] ?? '') }
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  const segments = decodeSegments(url.pathname) ?? []
  return ofTicket(segments) ?? ofSegments(url.hostname, segments)
}

/** `store.{account}.{container}/path`, the form in which tickets name a container. */
function ofTicket(segments: readonly string[]): { account: string; container: string; path: string } | undefined {
  const [, account, container] = /^store\.([a-z0-9]{3,24})\.([a-z0-9-]{3,63})$/.exec(segments[0] ?? '') ?? []
  if (account === undefined || container === undefined) return undefined
  return { account, container, path: trimmed(segments.slice(1).join('/')) }
}

function ofSegments(
  hostname: string,
  segments: readonly string[],
): { account: string; container: string; path: string } | undefined {
  const [host = '', container = '', ...rest] =
    segments[0]?.toLowerCase() === 'store' ? segments.slice(1) : [hostname, ...segments]
  const account = host.split('.')[0]?.toLowerCase() ?? ''
  return /^[a-z0-9]{3,24}$/.test(account) && container !== '' ? { account, container, path: trimmed(rest.join('/')) } : undefined
}

function decodeSegments(pathname: string): string[] | undefined {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function trimmed(path: string): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')
}
