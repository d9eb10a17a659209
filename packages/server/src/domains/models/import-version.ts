import { AppError, nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { findResource, type StoredResource, type WriteResult } from '../../kernel/resources/index.ts'
import { digestOfTree } from '../storage/index.ts'
import { createSharePlace, placeFiles } from '../storage/index.ts'
import { withSource } from './behaviours.ts'
import { readManifest } from './manifest.ts'
import type { ModelOrigin } from './origin.ts'
import { checkShare } from './share-guards.ts'
import { registryVersionType, versionId } from './versions.ts'

export interface ImportDraft {
  readonly registryId: string
  /** The version that is shared; the caller has checked that the actor may read it. */
  readonly source: StoredResource
  readonly destinationName: string
  readonly destinationVersion: string
  readonly requestId: string
}

/**
 * Shares a version with a registry: the same files by digest, nothing is copied.
 * @throws GateRequired a gate has not been passed
 * · ResourceAlreadyExists the destination is there · DigestChanged the stored files are not those of the version
 */
export async function importVersion(ctx: Context, actor: Actor, draft: ImportDraft): Promise<WriteResult> {
  const { source } = draft
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
    const modelUri = `${await createSharePlace(tx, ctx, registryId)}/${destinationName}`
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
