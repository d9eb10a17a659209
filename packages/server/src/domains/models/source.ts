import { isAppError, isWithinScope, parseArmId } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { allBlobs, parseDataUri, resolveAssetUri } from '../storage/index.ts'
import {
  artifactPathOf,
  filesBelow,
  findLoggedModel,
  findRun,
  findRunFolder,
  runFolder,
  type ArtifactFile,
  type TrackingScope,
} from '../tracking/index.ts'
import { readManifest, type ModelFile } from './manifest.ts'
import type { ModelOrigin } from './origin.ts'
import { resolveVersion } from './versions.ts'

/** Where a version's files come from. */
export interface ModelSource {
  readonly files: readonly ModelFile[]
  /** The run, when the URI names one. */
  readonly runId?: string
  readonly modelId?: string
  /** The version it is a copy of. */
  readonly versionId?: string
  /** What is known of its making, when the jobs are out of reach. */
  readonly origin?: ModelOrigin
  /** Azure's spelling of the place. */
  readonly modelUri?: string
}

/**
 * Finds the files that a model URI names: `runs:/`, `models:/`, `mlflow-artifacts:/`, `azureml://jobs/…`, `azureml://…/datastores/…`,
 * or the ARM id of another version. @returns `undefined` when the place is not one of ours
 */
export async function readSource(ctx: Context, db: Executor, workspaceId: string, uri: string): Promise<ModelSource | undefined> {
  const scope: TrackingScope = { ctx, workspaceId: workspaceId.toLowerCase() }
  if (uri.startsWith('runs:/')) return ofRun(scope, db, uri.slice('runs:/'.length).replace(/^\/+/, ''))
  if (uri.startsWith('models:/')) return ofModel(scope, db, uri.slice('models:/'.length).replace(/^\/+/, ''))
  const path = artifactPathOf(uri) ?? jobPath(uri) ?? artifactStorePath(uri)
  if (path !== undefined) return ofPath(scope, db, path)
  const id = uri.replace(/^azureml:(?=\/subscriptions)/i, '')
  if (parseArmId(id) !== undefined && isWithinScope(id, workspaceId)) return { files: await readManifest(db, id), versionId: id }
  return ofDataUri(ctx, db, workspaceId, uri)
}

/** Outputs of jobs, other datastores, URLs of this instance's storage. */
async function ofDataUri(ctx: Context, db: Executor, workspaceId: string, uri: string): Promise<ModelSource | undefined> {
  try {
    const resolved = /^azureml:\/\/jobs\//i.test(uri) ? (await resolveAssetUri(ctx, workspaceId, uri)).uri : uri
    const location = await parseDataUri(ctx, workspaceId, resolved, db)
    const runId = /^azureml:\/\/jobs\/([^/]+)\//i.exec(uri)?.[1]
    const files: ModelFile[] = []
    for await (const blob of allBlobs(db, { ...location, prefix: location.path })) {
      const path = relativeTo(location.path, blob.name)
      if (path !== undefined) files.push({ path, digest: blob.digest, sizeBytes: blob.sizeBytes })
    }
    return { files, ...(runId === undefined ? {} : { runId }) }
  } catch (error) {
    // A place outside this instance is a valid model URI; the version says that its files are not pinned.
    if (isAppError(error) && error.status < 500) return undefined
    throw error
  }
}

/** A file's path below a folder, its own name when the folder is the file itself, `undefined` when it lies elsewhere. */
function relativeTo(folder: string, name: string): string | undefined {
  if (name === folder) return name.split('/').at(-1)
  const path = folder === '' ? name : name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : undefined
  return path === undefined || path === '' || path.endsWith('/') ? undefined : path
}

async function ofRun(scope: TrackingScope, db: Executor, rest: string): Promise<ModelSource> {
  const [runId = '', ...parts] = rest.split('/')
  const folder = parts.join('/').replace(/\/+$/, '')
  const run = await findRun(scope, runId, db)
  const root = artifactPathOf(run?.artifact_uri ?? '') ?? runFolder(runId)
  const { path, files, modelId } = await findRunFolder(scope, { runId, root, folder }, db)
  return { ...sourceAt(scope, path, files), runId, ...(modelId === undefined ? {} : { modelId }) }
}

async function ofModel(scope: TrackingScope, db: Executor, rest: string): Promise<ModelSource | undefined> {
  if (/^m-[\w-]+$/.test(rest)) {
    const model = await findLoggedModel(scope, rest, db)
    const path = artifactPathOf(model?.artifact_uri ?? '')
    if (model === undefined || path === undefined) return undefined
    return {
      ...(await ofPath(scope, db, path)),
      modelId: model.model_id,
      ...(model.source_run_id === null ? {} : { runId: model.source_run_id }),
    }
  }
  const version = await resolveVersion(db, scope.workspaceId, rest)
  return version === undefined
    ? undefined
    : { files: await readManifest(db, version.id), versionId: version.id, ...runOf(version.status['runId']) }
}

function runOf(runId: unknown): { runId?: string } {
  return typeof runId === 'string' ? { runId } : {}
}

async function ofPath(scope: TrackingScope, db: Executor, path: string): Promise<ModelSource> {
  return sourceAt(scope, path, await filesBelow(scope, path, db))
}

/** Files at or below a path of the artifact container, as a source. */
function sourceAt(scope: TrackingScope, path: string, found: readonly ArtifactFile[]): ModelSource {
  const runId = /^ExperimentRun\/dcid\.([^/]+)\//.exec(`${path}/`)?.[1]
  const files = found.flatMap(({ path: name, digest, sizeBytes }) => {
    const relative = relativeTo(path, name)
    return relative === undefined ? [] : [{ path: relative, digest, sizeBytes }]
  })
  const modelUri = `azureml:/${scope.workspaceId.replace(/\/providers\/microsoft\.machinelearningservices\/workspaces\//, '/workspaces/')}/datastores/workspaceartifactstore/paths/${path}`
  return { files, modelUri, ...(runId === undefined ? {} : { runId }) }
}

/** Logged artifacts of a job: `azureml://jobs/J/outputs/artifacts/paths/P`. */
function jobPath(uri: string): string | undefined {
  const match = /^azureml:\/\/jobs\/([^/]+)\/outputs\/artifacts(?:\/paths\/(.*))?$/i.exec(uri)
  const [, job, path = ''] = match ?? []
  return job === undefined ? undefined : trimmed(`${runFolder(job)}/${path}`)
}

function artifactStorePath(uri: string): string | undefined {
  const match =
    /^azureml:\/\/(?:subscriptions\/[^/]+\/resourcegroups\/[^/]+\/(?:providers\/[^/]+\/)?workspaces\/[^/]+\/)?datastores\/workspaceartifactstore\/paths\/(.+)$/i.exec(
      uri,
    )
  return match?.[1] === undefined ? undefined : trimmed(match[1])
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '')
}
