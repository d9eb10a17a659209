import { invalid, isWithinScope, nearest, notFound, parseArmId, resourceTypeOf } from '@fulcrum/contract'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'
import { canonicalAssetId } from '../storage/index.ts'

/**
 * The environment version that a reference names: an ARM id (with or without `azureml:`), `azureml:name:version`,
 * `azureml:name@latest`, or `azureml://registries/R/environments/N/versions/V` (or `/labels/latest`).
 * @throws ResourceNotFound (also for those of other workspaces) · InvalidRequestContent
 */
export async function resolveEnvironment(db: Executor, workspaceId: string, reference: string): Promise<StoredResource> {
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
  if (found === undefined) throw notFound('Environment', id)
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
