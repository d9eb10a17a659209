import { AppError, invalid, nameOf, notSupported, parseArmId, workspaceOf } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { forbidden } from '@fulcrum/contract'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type StoredResource, type WriteResult } from '../../kernel/resources/index.ts'
import { digestOfTree } from '../storage/index.ts'
import { defaultDatastore, placeFiles } from '../storage/index.ts'
import { withSource } from './behaviours.ts'
import { readManifest } from './manifest.ts'
import type { ModelOrigin } from './origin.ts'
import { checkShare } from './share-guards.ts'
import { modelVersionType, registryVersionType, versionId } from './versions.ts'

export interface ImportDraft {
  readonly registryId: string
  readonly sourceAssetId: string
  readonly destinationName: string
  readonly destinationVersion: string
  readonly requestId: string
}

/**
 * Shares a version with a registry: the same files by digest, nothing is copied.
 * @throws ResourceNotFound no such source, or the caller may not read it · GateRequired a gate has not been passed
 * · ResourceAlreadyExists the destination is there · DigestChanged the stored files are not those of the version
 */
export async function importVersion(ctx: Context, actor: Actor, draft: ImportDraft): Promise<WriteResult> {
  const source = await findSource(ctx.db.kysely, draft.sourceAssetId)
  if (source === undefined || !(await ctx.authorization.allows(actor, `${modelVersionType}/read`, 'control', source.id))) {
    throw new AppError('ResourceNotFound', `The source '${draft.sourceAssetId}' was not found.`, {
      target: 'properties.sourceAssetId',
    })
  }
  const { digest, provisioningState } = source.status
  if (provisioningState !== 'Succeeded' || typeof digest !== 'string') {
    throw new AppError(
      'Conflict',
      `Model version '${source.id}' is not ready to be shared: ${typeof digest === 'string' ? `its state is ${String(provisioningState)}` : 'it has no files'}.`,
      { target: 'properties.sourceAssetId' },
    )
  }
  const { registryId, destinationName, destinationVersion } = draft
  const id = versionId(registryId, destinationName, destinationVersion)
  const registry = await findResource(ctx.db.kysely, registryId)
  if (registry === undefined) throw new AppError('ResourceNotFound', `Registry '${nameOf(registryId)}' was not found.`)
  if (!(await ctx.authorization.allows(actor, `${registryVersionType}/write`, 'control', id)))
    throw forbidden(`${registryVersionType}/write`, id)
  return ctx.db.transaction(async (tx) => {
    if ((await findResource(tx, id)) !== undefined) {
      throw new AppError(
        'ResourceAlreadyExists',
        `Registry '${nameOf(registryId)}' has version ${destinationVersion} of '${destinationName}' already; choose another version.`,
        { target: 'properties.destinationVersion' },
      )
    }
    await checkShare(ctx, actor, { registry: registryId, name: destinationName, version: destinationVersion, digest, source })
    const files = await readManifest(tx, source.id)
    if (digestOfTree(files) !== digest)
      throw new AppError('DigestChanged', `The files of '${source.id}' no longer have its digest; register it again.`)
    // The registry keeps the files at a place of its own: every environment may read it, and it outlives the workspace they came from.
    const modelUri = `azureml://registries/${nameOf(registryId)}/datastores/${defaultDatastore}/paths/models/${destinationName}/${destinationVersion}`
    await placeFiles(tx, ctx, { workspaceId: registryId, uri: modelUri, files })
    const runId = source.status['runId']
    const put = (): Promise<WriteResult> =>
      ctx.resources.putIn(tx, actor, {
        id,
        type: registryVersionType,
        body: {
          properties: {
            ...source.properties,
            modelUri,
            stage: null,
            properties: { ...(source.properties['properties'] as object), sourceAssetId: source.id },
          },
        },
        requestId: draft.requestId,
      })
    return withSource(
      { files, versionId: source.id, origin: originOf(source), ...(typeof runId === 'string' ? { runId } : {}) },
      put,
    )
  })
}

/** The making of the source, for a registry that cannot see its jobs. */
function originOf(source: StoredResource): ModelOrigin {
  return { inputs: [], ...(source.status['lineage'] as Partial<ModelOrigin> | undefined), sourceVersionId: source.id }
}

/** Reads `azureml://locations/L/workspaces/{workspaceId}/models/N/versions/V`, the registry form, or an ARM id. */
async function findSource(db: Executor, assetId: string): Promise<StoredResource | undefined> {
  const located = /^azureml:\/\/locations\/[^/]+\/workspaces\/([^/]+)\/(\w+)\/([^/]+)\/versions\/([^/]+)$/i.exec(assetId)
  const [, workspaceGuid, kind, name, version] = located ?? []
  if (workspaceGuid !== undefined && name !== undefined && version !== undefined) {
    if (kind?.toLowerCase() !== 'models') throw notSupported(`Sharing '${kind}' with a registry`, 'Models can be shared.')
    const found = await sql<{
      id: string
    }>`select display_id as id from resources where type = 'microsoft.machinelearningservices/workspaces'
      and lower(coalesce(status ->> 'workspaceId', properties ->> 'workspaceId', name)) = ${workspaceGuid.toLowerCase()} limit 2`.execute(
      db,
    )
    const workspace = found.rows.length === 1 ? found.rows[0]?.id : undefined
    return workspace === undefined ? undefined : findResource(db, versionId(workspace, name, version))
  }
  const id = assetId.replace(/^azureml:(?=\/subscriptions)/i, '')
  const found = parseArmId(id) !== undefined && workspaceOf(id) !== undefined ? await findResource(db, id) : undefined
  if (found !== undefined && found.type.toLowerCase() !== modelVersionType.toLowerCase()) {
    throw invalid(`'${assetId}' is not a model version of a workspace.`, { target: 'properties.sourceAssetId' })
  }
  return found
}
