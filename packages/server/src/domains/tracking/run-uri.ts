import { invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { artifactDatastore, type ResolvedAsset } from '../storage/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { artifactPathOf, filesBelow, type ArtifactFile } from './artifacts.ts'
import { requireRun } from './runs.ts'
import { openTracking, type TrackingScope } from './scope.ts'

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
  const { path, modelId } = await findRunFolder(scope, { runId, root, folder })
  return { uri: artifactStoreUri(path), ...(modelId === undefined ? {} : { type: 'mlflow_model' }) }
}

/** Where the files of a run are, in the artifact container. */
interface RunFolder {
  readonly path: string
  readonly files: readonly ArtifactFile[]
  /** The logged model that the folder's name stands for: since MLflow 3 a run's models lie in folders of their own. */
  readonly modelId?: string
}

/** A folder of a run below the run's `root`; one without files may be the name of a model that the run logged. */
export async function findRunFolder(
  scope: TrackingScope,
  { runId, root, folder }: { readonly runId: string; readonly root: string; readonly folder: string },
  db: Executor = scope.ctx.db.kysely,
): Promise<RunFolder> {
  const path = folder === '' ? root : `${root}/${folder}`
  const files = await filesBelow(scope, path, db)
  if (files.length > 0) return { path, files }
  const model = await db
    .selectFrom('logged_models')
    .select(['model_id', 'artifact_uri'])
    .where('workspace_id', '=', scope.workspaceId)
    .where('source_run_id', '=', runId)
    .where('name', '=', folder)
    .where('deleted_time_ms', 'is', null)
    .orderBy('creation_time_ms', 'desc')
    .executeTakeFirst()
  const modelPath = artifactPathOf(model?.artifact_uri ?? '')
  if (model === undefined || modelPath === undefined) return { path, files }
  return { path: modelPath, files: await filesBelow(scope, modelPath, db), modelId: model.model_id }
}
