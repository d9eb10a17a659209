import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { invalid, nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DeploymentPlan } from '../../gateway/snapshot.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import {
  ensureDirectory,
  listTree,
  parseRelativePath,
  readText,
  removeTree,
  statOrUndefined,
  writeFileAtomic,
} from '../../kernel/safe/index.ts'
import { ensureEnvironment } from '../environments/index.ts'
import { materialiseModel } from '../models/index.ts'
import { materialiseUri, resolveAssetUri } from '../storage/index.ts'
import { durationMs } from './duration.ts'
import { digestOf, resolveModel } from './resolve-model.ts'
import { endpointIdOf, objectOf, textOf } from './types.ts'

/** Makes everything a deployment's workers need lie on this host, and writes down how to start them. */

const environmentType = 'Microsoft.MachineLearningServices/workspaces/environments/versions'

/** Of what the plan depends on. */
export function specHashOf(deployment: StoredResource): string {
  return createHash('sha256')
    .update(canonicalJson({ properties: deployment.properties, sku: deployment.sku ?? null }))
    .digest('hex')
}

export async function planDeployment(
  ctx: Context,
  deployment: StoredResource,
  onProgress: (line: string) => void,
): Promise<Omit<DeploymentPlan, 'revision'>> {
  const { properties } = deployment
  const workspaceId = endpointIdOf(endpointIdOf(deployment.id))
  const reference = textOf(properties['model'])
  const model = reference === undefined ? undefined : await resolveModel(ctx, ctx.db.kysely, workspaceId, reference)
  const modelDirectory = model === undefined ? null : await placeModel(ctx, model)
  const code = objectOf(properties['codeConfiguration'])
  const script = textOf(code['scoringScript'])
  if (script === undefined) await requireMlflow(modelDirectory)
  const codeDirectory =
    script === undefined
      ? null
      : await placeCode(ctx, { workspaceId, codeId: textOf(code['codeId']), deploymentId: deployment.id })
  const python = await interpreterOf(ctx, { deployment, workspaceId, model, modelDirectory, onProgress })
  const settings = objectOf(properties['requestSettings'])
  const variables = Object.entries(objectOf(properties['environmentVariables'])).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  const workers = Number(variables.find(([name]) => name === 'WORKER_COUNT')?.[1] ?? '1')
  return {
    id: deployment.id,
    name: deployment.name,
    engine: script === undefined ? 'mlflow' : 'score.py',
    python,
    modelDirectory,
    codeDirectory,
    script: script === undefined ? null : parseRelativePath(script),
    environmentVariables: Object.fromEntries(variables),
    instances: instancesOf(deployment),
    workersPerInstance: Number.isInteger(workers) && workers >= 1 && workers <= 64 ? workers : 1,
    maxConcurrentPerInstance: Number(settings['maxConcurrentRequestsPerInstance'] ?? 1),
    requestTimeoutMs: durationMs(settings['requestTimeout'], 5_000, 'properties.requestSettings.requestTimeout'),
    kind: properties['endpointComputeType'] === 'Kubernetes' ? 'kubernetes' : 'managed',
    collections: collectionsOf(properties['dataCollector']),
    modelVersion: model?.name ?? null,
  }
}

export function instancesOf(deployment: Pick<StoredResource, 'sku'>): number {
  const capacity = deployment.sku?.['capacity']
  return typeof capacity === 'number' && Number.isInteger(capacity) && capacity >= 1 ? capacity : 1
}

/** The enabled collections with their sampling rates. */
export function collectionsOf(dataCollector: unknown): Record<string, { samplingRate: number }> {
  const collections = objectOf(objectOf(dataCollector)['collections'])
  return Object.fromEntries(
    Object.entries(collections).flatMap(([name, value]) => {
      const settings = objectOf(value)
      if (settings['dataCollectionMode'] === 'Disabled') return []
      const rate = settings['samplingRate']
      return [[name, { samplingRate: typeof rate === 'number' ? rate : 1 }]]
    }),
  )
}

/** One directory per digest, complete once its marker exists; deployments of the same model share it. */
async function placeModel(ctx: Context, model: StoredResource): Promise<string> {
  const digest = digestOf(model) ?? `id:${createHash('sha256').update(model.id.toLowerCase()).digest('hex')}`
  const directory = join(ctx.config.dataDirectory, 'serving', 'models', digest.replaceAll(/[^a-zA-Z0-9]/g, '-'))
  const marker = `${directory}.complete`
  if ((await statOrUndefined(marker)) !== undefined) return directory
  await removeTree(directory)
  await ensureDirectory(directory, 0o755)
  const placed = await materialiseModel(ctx, model.id, directory)
  if (placed.files === 0) {
    const uri = textOf(model.properties['modelUri'])
    if (uri === undefined) throw invalid(`Model version '${model.id}' has no files.`, { target: 'properties.model' })
    await materialiseUri(ctx, {
      workspaceId: model.id.split('/').slice(0, -4).join('/'),
      uri,
      targetDirectory: directory,
      writable: false,
    })
  }
  await writeFileAtomic(marker, '', { durable: ctx.config.durable })
  return directory
}

async function requireMlflow(modelDirectory: string | null): Promise<void> {
  if (modelDirectory === null)
    throw invalid('A deployment needs a model, or a codeConfiguration with a scoring script.', { target: 'properties.model' })
  if ((await statOrUndefined(join(modelDirectory, 'MLmodel'))) === undefined) {
    throw invalid(
      'Without a codeConfiguration the model must be an MLflow model (a folder with a file MLmodel); this one has none. Add a scoring script.',
      {
        target: 'properties.codeConfiguration',
      },
    )
  }
}

/** The code in a directory of its own, since scripts may write beside themselves. */
async function placeCode(
  ctx: Context,
  entry: { workspaceId: string; codeId: string | undefined; deploymentId: string },
): Promise<string> {
  const { workspaceId, codeId, deploymentId } = entry
  if (codeId === undefined)
    throw invalid('codeConfiguration.codeId is missing: it names the folder with the scoring script.', {
      target: 'properties.codeConfiguration.codeId',
    })
  const { uri } = await resolveAssetUri(ctx, workspaceId, codeId)
  const key = createHash('sha256').update(`${deploymentId.toLowerCase()}\0${uri}`).digest('hex').slice(0, 32)
  const directory = join(codeRoot(ctx), `${key}-${ctx.ids.base62(6)}`)
  await ensureDirectory(directory, 0o755)
  const placed = await materialiseUri(ctx, { workspaceId, uri, targetDirectory: directory, writable: true })
  return placed.kind === 'folder' ? placed.path : directory
}

interface EnvironmentRequest {
  readonly deployment: StoredResource
  readonly workspaceId: string
  readonly model: StoredResource | undefined
  readonly modelDirectory: string | null
  readonly onProgress: (line: string) => void
}

/**
 * The deployment's environment; else that of the job which trained the model; else one made from the model's conda file; else, for
 * a script that needs the standard library only, the host's Python.
 */
async function interpreterOf(ctx: Context, request: EnvironmentRequest): Promise<string> {
  const { deployment, workspaceId, model, modelDirectory, onProgress } = request
  const reference =
    textOf(deployment.properties['environmentId']) ??
    (deployment.properties['codeConfiguration'] === undefined || deployment.properties['codeConfiguration'] === null
      ? ((await environmentOfJob(ctx, workspaceId, model)) ??
        (await environmentOfModel(ctx, workspaceId, { model, modelDirectory })))
      : undefined)
  if (reference === undefined) return ctx.config.pythonExecutable
  return (await ensureEnvironment(ctx, { workspaceId, reference }, onProgress)).python
}

async function environmentOfJob(
  ctx: Context,
  workspaceId: string,
  model: StoredResource | undefined,
): Promise<string | undefined> {
  const reference = textOf(objectOf(model?.status['lineage'])['environmentId'])
  if (reference === undefined) return undefined
  const known =
    !reference.startsWith('/') ||
    reference.toLowerCase().startsWith(`${workspaceId.toLowerCase()}/`) ||
    /\/registries\//i.test(reference)
  return known ? reference : undefined
}

/** Registers the model's own conda.yaml as an environment, so that people see what it runs in. */
async function environmentOfModel(
  ctx: Context,
  workspaceId: string,
  source: { model: StoredResource | undefined; modelDirectory: string | null },
): Promise<string | undefined> {
  const { model, modelDirectory } = source
  if (model === undefined || modelDirectory === null) return undefined
  const condaFile =
    (await readText(join(modelDirectory, 'conda.yaml'), 1024 * 1024).catch(() => undefined)) ??
    (await condaOfRequirements(modelDirectory))
  if (condaFile === undefined) return undefined
  const version = createHash('sha256').update(condaFile).digest('hex').slice(0, 16)
  const id = `${workspaceId}/environments/model-${nameOf(model.id.split('/').slice(0, -2).join('/'))}/versions/${version}`
  if ((await ctx.resources.find(id)) === undefined) {
    await ctx.resources.put(
      systemActor,
      id,
      { properties: { condaFile, description: `Requirements of ${model.id}.` } },
      { type: environmentType },
    )
  }
  return id
}

async function condaOfRequirements(modelDirectory: string): Promise<string | undefined> {
  const text = await readText(join(modelDirectory, 'requirements.txt'), 1024 * 1024).catch(() => undefined)
  if (text === undefined) return undefined
  const requirements = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  return JSON.stringify({ name: 'model', dependencies: ['python', 'pip', { pip: requirements }] })
}

function codeRoot(ctx: Context): string {
  return join(ctx.config.dataDirectory, 'serving', 'code')
}

/** Long enough for a new plan to be published and for old workers to drain. */
const unusedForMs = 3_600_000

/** Removes code directories that no deployment is started from. */
export async function removeUnusedCode(ctx: Context): Promise<void> {
  const rows = await ctx.db.kysely.selectFrom('serving_deployments').select('plan').execute()
  const used = new Set(rows.map((row) => row.plan.codeDirectory))
  const root = codeRoot(ctx)
  const unused: string[] = []
  for await (const entry of listTree(root)) {
    if (entry.path.includes('/') || used.has(join(root, entry.path))) continue
    if (ctx.clock.now().getTime() - entry.modifiedAt.getTime() > unusedForMs) unused.push(join(root, entry.path))
  }
  for (const directory of unused) await removeTree(directory)
}
