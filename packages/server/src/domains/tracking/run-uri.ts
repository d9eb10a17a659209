import { invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { artifactDatastore, type ResolvedAsset } from '../storage/index.ts'
import { artifactPathOf, filesBelow } from './artifacts.ts'
import { requireRun } from './runs.ts'
import { openTracking } from './scope.ts'

/** The datastore URI of a path in the artifact container. */
export function artifactStoreUri(path: string): string {
  return `azureml://datastores/${artifactDatastore}/paths/${path}`
}

/**
 * Resolves `runs:/{run}/{path}` to a datastore URI; a path without files may be the name of a model that the run logged.
 * @throws ResourceNotFound no such run · InvalidRequestContent its files are in another store
 */
export async function resolveRunUri(ctx: Context, workspaceId: string, uri: string): Promise<ResolvedAsset> {
  const scope = await openTracking(ctx, workspaceId)
  const [runId = '', ...parts] = uri.slice('runs:'.length).replace(/^\/+/, '').split('/')
  const folder = parts.join('/').replace(/\/+$/, '')
  const run = await requireRun(scope, runId)
  const root = artifactPathOf(run.artifact_uri)
  if (root === undefined)
    throw invalid(`The artifacts of run ${runId} are in another store: ${run.artifact_uri}.`, { target: 'uri' })
  const path = folder === '' ? root : `${root}/${folder}`
  if ((await filesBelow(scope, path)).length > 0) return { uri: artifactStoreUri(path) }
  const model = await ctx.db.kysely
    .selectFrom('logged_models')
    .select('artifact_uri')
    .where('workspace_id', '=', scope.workspaceId)
    .where('source_run_id', '=', runId)
    .where('name', '=', folder)
    .where('deleted_time_ms', 'is', null)
    .orderBy('creation_time_ms', 'desc')
    .executeTakeFirst()
  const modelPath = artifactPathOf(model?.artifact_uri ?? '')
  return modelPath === undefined ? { uri: artifactStoreUri(path) } : { uri: artifactStoreUri(modelPath), type: 'mlflow_model' }
}
