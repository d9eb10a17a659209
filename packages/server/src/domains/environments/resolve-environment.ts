import { invalid, isAppError, isWithinScope, nearest, notFound, parseArmId, resourceTypeOf } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'
import { canonicalAssetId } from '../storage/index.ts'
import { findMapping, readMappings, subjectOf } from './mappings.ts'

/**
 * The environment version that a reference names: an ARM id (with or without `azureml:`), `azureml:name:version`,
 * `azureml:name@latest`, or `azureml://registries/R/environments/N/versions/V` (or `/labels/latest`).
 * A curated environment of Azure that is no asset here is a version that stands for it.
 * @throws ResourceNotFound (also for those of other workspaces) · InvalidRequestContent
 */
export async function resolveEnvironment(db: Executor, workspaceId: string, reference: string): Promise<StoredResource> {
  const curated = curatedName(reference)
  if (curated === undefined) return ofWorkspace(db, workspaceId, reference)
  // An asset of that name, in a registry or the workspace, comes before what the name stands for here.
  return ofWorkspace(db, workspaceId, reference).catch(async (error: unknown) => {
    if (!isAppError(error) || error.status !== 404) throw error
    return curatedVersion(db, { workspaceId, reference, curated })
  })
}

/** The name of a curated environment of Azure, from `azureml://registries/azureml/environments/N/…` `azureml:AzureML-N…` or the workspace's id of one. */
function curatedName(reference: string): string | undefined {
  return (
    /^(?:azureml:)?azureml:\/\/registries\/azureml\/environments\/([^/]+)\//i.exec(reference)?.[1] ??
    /^(?:azureml:)?AzureML-([^:@/]+)/i.exec(reference)?.[1] ??
    /^(?:azureml:)?\/subscriptions\/.+\/workspaces\/[^/]+\/environments\/AzureML-([^/]+)/i.exec(reference)?.[1]
  )
}

/** Stands for a curated environment: not an asset of ours, so its id is the registry's. */
export async function curatedVersion(
  db: Executor,
  asked: { readonly workspaceId: string; readonly reference: string; readonly curated: string },
): Promise<StoredResource> {
  const { workspaceId, reference, curated } = asked
  const mappings = await readMappings(db, parseArmId(workspaceId)?.subscriptionId ?? '')
  const id = `azureml://registries/azureml/environments/${curated}/versions/1`
  if (findMapping(mappings, subjectOf(id)) === undefined) {
    const known = mappings.flatMap(({ match }) => match).filter((match) => match.startsWith('curated:'))
    const hint = nearest(`curated:${curated}`, known)?.slice('curated:'.length)
    throw notFound(
      'Environment',
      reference,
      `It is no asset here, and nothing stands for it${hint === undefined ? '' : `; there is '${hint}'`}. \`fulcrum env-map add curated:${curated.toLowerCase()} --requirement <package>…\` says what does.`,
    )
  }
  const now = new Date(0)
  const image = `mcr.microsoft.com/azureml/curated/${curated}`
  return {
    id,
    type: 'Microsoft.MachineLearningServices/registries/environments/versions',
    name: '1',
    location: undefined,
    tags: {},
    identity: undefined,
    sku: undefined,
    kind: undefined,
    properties: { image },
    status: {},
    etag: 0,
    createdSequence: 0,
    createdBy: 'azureml',
    createdByType: 'Application',
    createdAt: now,
    modifiedBy: 'azureml',
    modifiedByType: 'Application',
    modifiedAt: now,
  }
}

async function ofWorkspace(db: Executor, workspaceId: string, reference: string): Promise<StoredResource> {
  const plain = await canonicalAssetId(db, workspaceId, reference)
  if (plain.startsWith('/')) return byId(db, workspaceId, plain)
  const named = /^(?:azureml:)?([A-Za-z0-9][\w.-]*)(?::([^:@/]+)|@([^:@/]+))?$/i.exec(plain)
  if (named === null)
    throw invalid(
      `'${reference.slice(0, 200)}' is no environment reference; use azureml:<name>:<version> or azureml:<name>@latest.`,
      { target: 'environmentId' },
    )
  const [, name = '', wanted, label] = named
  if (label !== undefined && label.toLowerCase() !== 'latest')
    throw invalid(`Label '${label}' of environment '${name}' is not known; use @latest or a version.`, {
      target: 'environmentId',
    })
  return version(db, `${workspaceId}/environments/${name}`, wanted)
}

async function byId(db: Executor, workspaceId: string, id: string): Promise<StoredResource> {
  const usable = isWithinScope(id, workspaceId) || /\/providers\/microsoft\.machinelearningservices\/registries\//i.test(id)
  const found = usable ? await findResource(db, id) : undefined
  if (found === undefined) {
    // Clients write `azureml:name:version` out in full; the answer names what there is all the same.
    const [, container, wanted] = /^(.*\/environments\/[^/]+)\/versions\/([^/]+)$/i.exec(id) ?? []
    if (container !== undefined && isWithinScope(id, workspaceId)) return version(db, container, wanted)
    throw notFound('Environment', id)
  }
  if (/\/environments$/i.test(found.type)) return version(db, found.id, undefined)
  return found
}

async function version(db: Executor, containerId: string, wanted: string | undefined): Promise<StoredResource> {
  if (wanted !== undefined) {
    const found = await findResource(db, `${containerId}/versions/${wanted}`)
    if (found !== undefined) return found
  }
  const parsed = parseArmId(containerId)
  const containerType = (parsed === undefined ? undefined : resourceTypeOf(parsed)) ?? ''
  const known = await listResources(db, {
    type: `${containerType}/versions`,
    parentId: containerId,
    view: 'ActiveOnly',
    order: 'newest',
    limit: 20,
  })
  if (wanted === undefined && known[0] !== undefined) return known[0]
  if (known.length > 0)
    throw notFound(
      'Environment version',
      `${containerId}/versions/${wanted}`,
      `There are: ${known.map((entry) => entry.name).join(', ')}.`,
    )
  const name = containerId.slice(containerId.lastIndexOf('/') + 1)
  const siblings = await listResources(db, {
    type: containerType,
    parentId: containerId.slice(0, containerId.lastIndexOf('/environments/')),
    limit: 500,
  })
  const hint = nearest(
    name,
    siblings.map((entry) => entry.name),
  )
  throw notFound('Environment', name, hint === undefined ? undefined : `Did you mean '${hint}'?`)
}
