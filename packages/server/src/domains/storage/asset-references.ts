import { notFound, parseArmId, resourceTypeOf, workspaceOf } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { defaultContainers } from './accounts.ts'
import { artifactDatastore, defaultDatastore, registryId, storageAddress } from './data-uri.ts'

/** An asset version as its id names it; without a version, the newest is meant. */
export interface AssetReference {
  /** ARM id of the workspace or registry. */
  readonly ownerId: string
  readonly kind: string
  readonly name: string
  readonly version: string | undefined
}

const kinds = 'codes|components|data|environments|models'
const tail = `(${kinds})/([^/]+)/(?:versions/([^/]+)|labels/[^/]+)$`
const armForm = new RegExp(
  `^(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\\.machinelearningservices/(?:workspaces|registries)/[^/]+)/${tail}`,
  'i',
)
const registryForm = new RegExp(`^azureml://registries/([^/]+)/${tail}`, 'i')
const locationForm = new RegExp(`^azureml://locations/[^/]+/workspaces/([^/]+)/${tail}`, 'i')
const longForm = new RegExp(
  `^azureml://subscriptions/([^/]+)/resourcegroups/([^/]+)/(?:providers/microsoft\\.machinelearningservices/)?workspaces/([^/]+)/${tail}`,
  'i',
)

/** Without the `azureml:` that Azure's clients put before a whole id. */
export function withoutPrefix(reference: string): string {
  return reference.replace(/^azureml:(?=\/subscriptions\/|azureml:\/\/)/i, '')
}

/**
 * Reads an asset id in any of its long forms: ARM, `azureml://registries/…`, `azureml://locations/L/workspaces/{name or GUID}/…`,
 * `azureml://subscriptions/…/workspaces/W/…`. @returns `undefined` when it is none @throws ResourceNotFound registry or workspace
 */
export async function parseAssetId(
  db: Executor,
  workspaceId: string | undefined,
  reference: string,
): Promise<AssetReference | undefined> {
  const plain = withoutPrefix(reference)
  const arm = armForm.exec(plain)
  if (arm !== null) return { ownerId: arm[1] ?? '', kind: lower(arm[2]), name: arm[3] ?? '', version: arm[4] }
  const shared = registryForm.exec(plain)
  if (shared !== null) {
    const ownerId = await registryId(db, workspaceId ?? '', shared[1] ?? '')
    return { ownerId, kind: lower(shared[2]), name: shared[3] ?? '', version: shared[4] }
  }
  const located = locationForm.exec(plain)
  if (located !== null) {
    const ownerId = await workspaceNamed(db, workspaceId, located[1] ?? '')
    if (ownerId === undefined) throw notFound('Asset', reference)
    return { ownerId, kind: lower(located[2]), name: located[3] ?? '', version: located[4] }
  }
  const [, subscription, group, workspace, kind, name = '', version] = longForm.exec(plain) ?? []
  if (kind === undefined) return undefined
  const ownerId = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`
  return { ownerId, kind: kind.toLowerCase(), name, version }
}

function lower(text: string | undefined): string {
  return (text ?? '').toLowerCase()
}

/** The workspace of a GUID (`properties.workspaceId`); the given one also by its name. */
async function workspaceNamed(db: Executor, workspaceId: string | undefined, name: string): Promise<string | undefined> {
  const own = workspaceId === undefined ? undefined : await findResource(db, workspaceId)
  if (own !== undefined && own.name.toLowerCase() === name.toLowerCase()) return own.id
  const found = await sql<{ id: string }>`select display_id as id from resources
    where type = 'microsoft.machinelearningservices/workspaces'
      and lower(coalesce(status ->> 'workspaceId', properties ->> 'workspaceId', name)) = ${name.toLowerCase()} limit 2`.execute(
    db,
  )
  return found.rows.length === 1 ? found.rows[0]?.id : undefined
}

/**
 * An asset id in ARM's form, labels resolved to the newest version; what is no long id (`azureml:name:1`, a URL) stays as it is.
 * @throws ResourceNotFound
 */
export async function canonicalAssetId(db: Executor, workspaceId: string, reference: string): Promise<string> {
  const asset = await parseAssetId(db, workspaceId, reference)
  if (asset === undefined) return withoutPrefix(reference)
  const container = `${asset.ownerId}/${asset.kind}/${asset.name}`
  if (asset.version !== undefined) return `${container}/versions/${asset.version}`
  const usable = asset.ownerId.toLowerCase() === workspaceId.toLowerCase() || /\/registries\/[^/]+$/i.test(asset.ownerId)
  if (!usable) throw notFound('Asset', reference)
  return (await versionByName(db, container, undefined)).id
}

/** A version of a container; without one, the most recently created that is not archived. */
export async function versionByName(db: Executor, containerId: string, version: string | undefined): Promise<StoredResource> {
  if (version !== undefined) {
    const found = await findResource(db, `${containerId}/versions/${version}`)
    if (found !== undefined) return found
  }
  const type = `${resourceTypeOf(parseArmId(containerId) ?? { subscriptionId: '', segments: [] }) ?? ''}/versions`
  const known = await listResources(db, {
    type,
    parentId: containerId,
    view: 'ActiveOnly',
    order: 'newest',
    limit: version === undefined ? 1 : 20,
  })
  const [latest] = known
  if (version === undefined && latest !== undefined) return latest
  const versions = known.map((entry) => entry.name)
  throw notFound(
    'Version',
    `${containerId}/versions/${version ?? 'latest'}`,
    versions.length === 0 ? 'It has no versions.' : `There are: ${versions.join(', ')}.`,
  )
}

/** Members of a version that say where its files are. */
export const uriMembers = ['modelUri', 'dataUri', 'codeUri'] as const

/** Places of a registry's assets name the registry, so that they mean the same for every workspace that reads them. */
export function ownUri(versionId: string, uri: string): string {
  const ownerId = workspaceOf(versionId) ?? ''
  const registry = /\/registries\/([^/]+)$/i.exec(ownerId)?.[1]
  if (registry === undefined) return uri
  const address = /^https?:/i.test(uri) ? storageAddress(uri) : undefined
  if (address === undefined) return uri.replace(/^azureml:\/\/datastores\//i, `azureml://registries/${registry}/datastores/`)
  const { blobs, artifacts } = defaultContainers(ownerId)
  const datastores = new Map([
    [blobs, defaultDatastore],
    [artifacts, artifactDatastore],
  ])
  return `azureml://registries/${registry}/datastores/${datastores.get(address.container) ?? address.container}/paths/${address.path}`
}

/** Properties of a version with its places in {@link ownUri}'s form, so that what a client sends back is what is stored. */
export function withOwnUris(versionId: string, properties: JsonObject): JsonObject {
  const places = uriMembers.flatMap((member) => {
    const uri = properties[member]
    return typeof uri === 'string' ? [[member, ownUri(versionId, uri)]] : []
  })
  return { ...properties, ...Object.fromEntries(places) }
}
