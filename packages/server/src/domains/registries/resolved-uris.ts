import { isAppError, workspaceOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { resolveAssetUri } from '../storage/index.ts'
import { requireReadableAsset, type Asker } from './assets.ts'

/** Outputs of the workspace's jobs, as the run history names them. */
const jobOutput = /^azureml:\/\/jobs\/[^/]+\/outputs\//i

/**
 * Where asset versions and outputs of jobs lie, by the id asked for. Ids that name nothing of the workspace or of a registry, or nothing that the actor may
 * read, are left out, as Azure does. Places in datastores of the workspace have Azure's short form.
 */
export async function resolvedUris(
  ctx: Context,
  asker: Asker,
  request: { readonly workspaceId: string; readonly assetIds: readonly string[]; readonly member: 'uri' | 'path' },
): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {}
  for (const assetId of request.assetIds) {
    try {
      const reference = jobOutput.test(assetId) ? assetId : await ownOrShared(ctx, asker, request.workspaceId, assetId)
      if (reference === undefined) continue
      const { uri, type } = await resolveAssetUri(ctx, request.workspaceId, reference)
      found[assetId] = { [request.member]: placeOf(uri, type ?? 'uri_folder'), type: type ?? 'uri_folder' }
    } catch (error) {
      if (!isAppError(error) || error.status >= 500) throw error
    }
  }
  return found
}

/** The id of an asset version of the workspace or of a registry, if it may be read. */
async function ownOrShared(ctx: Context, asker: Asker, workspaceId: string, assetId: string): Promise<string | undefined> {
  const { id } = await requireReadableAsset(ctx, asker, assetId)
  const owner = workspaceOf(id)?.toLowerCase() ?? ''
  return owner === workspaceId.toLowerCase() || /\/registries\/[^/]+$/.test(owner) ? id : undefined
}

/** Azure's short form; folders end in a slash, without which clients take them for files. */
function placeOf(uri: string, type: string): string {
  const short = uri.replace(
    /^azureml:\/\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/(?:providers\/[^/]+\/)?workspaces\/[^/]+\/datastores\//i,
    'azureml://datastores/',
  )
  return /^(?:uri_folder|mltable|mlflow_model|triton_model)$/i.test(type) && !short.endsWith('/') ? `${short}/` : short
}
