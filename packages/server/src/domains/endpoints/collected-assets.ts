import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { endpointIdOf } from './types.ts'

const dataVersionType = 'Microsoft.MachineLearningServices/workspaces/data/versions'

/** Registers a deployment's collections as `uri_folder` assets `{endpoint}-{deployment}-{collection}`, version 1, as Azure does. */
export async function registerCollections(
  ctx: Context,
  tx: Tx,
  entry: { deployment: StoredResource; collections: readonly string[] },
): Promise<void> {
  // An instance may serve endpoints without the data assets of the storage domain.
  if (ctx.resources.kinds.find(dataVersionType) === undefined) return
  const endpointId = endpointIdOf(entry.deployment.id)
  const [endpoint, deployment] = [endpointId.split('/').at(-1) ?? '', entry.deployment.name]
  for (const collection of entry.collections) {
    const id = `${endpointIdOf(endpointId)}/data/${endpoint}-${deployment}-${collection}/versions/1`
    if ((await findResource(tx, id)) !== undefined) continue
    const dataUri = `azureml://datastores/workspaceblobstore/paths/modelDataCollector/${endpoint}/${deployment}/${collection}/`
    await ctx.resources.putIn(tx, systemActor, {
      id,
      type: dataVersionType,
      body: { properties: { dataType: 'uri_folder', dataUri } },
    })
  }
}
