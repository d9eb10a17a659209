import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DeploymentPlan } from '../../gateway/snapshot.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { ensureDirectory, listTree, parseRelativePath, removeTree } from '../../kernel/safe/index.ts'
import { ensureEnvironment } from '../environments/index.ts'
import { materialiseUri, resolveAssetUri } from '../storage/index.ts'
import { durationMs } from './duration.ts'
import { environmentOfModel, placeModel, requireMlflow } from './model-files.ts'
import { resolveModel } from './resolve-model.ts'
import { endpointIdOf, objectOf, textOf } from './types.ts'

/** Makes everything a deployment's workers need lie on this host, and writes down how to start them. */

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
  const { own: modelDirectory, root } = model === undefined ? { own: null, root: null } : await placeModel(ctx, model)
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
  return {
    id: deployment.id,
    name: deployment.name,
    engine: script === undefined ? 'mlflow' : 'score.py',
    python,
    modelDirectory: script === undefined ? modelDirectory : root,
    codeDirectory,
    script: script === undefined ? null : parseRelativePath(script),
    environmentVariables: Object.fromEntries(variables),
    instances: instancesOf(deployment),
    workersPerInstance: workersOf(variables),
    maxConcurrentPerInstance: Number(settings['maxConcurrentRequestsPerInstance'] ?? 1),
    requestTimeoutMs: durationMs(settings['requestTimeout'], 5_000, 'properties.requestSettings.requestTimeout'),
    kind: properties['endpointComputeType'] === 'Kubernetes' ? 'kubernetes' : 'managed',
    collections: collectionsOf(properties['dataCollector']),
    modelVersion: model?.name ?? null,
  }
}

/** `WORKER_COUNT`, as Azure's scoring images read it. */
function workersOf(variables: readonly (readonly [string, string])[]): number {
  const workers = Number(variables.find(([name]) => name === 'WORKER_COUNT')?.[1] ?? '1')
  return Number.isInteger(workers) && workers >= 1 && workers <= 64 ? workers : 1
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
  const hasCode = textOf(objectOf(deployment.properties['codeConfiguration'])['scoringScript']) !== undefined
  const reference =
    textOf(deployment.properties['environmentId']) ??
    (hasCode ? undefined : await environmentOfModel(ctx, workspaceId, { model, modelDirectory }))
  if (reference === undefined) return ctx.config.pythonExecutable
  return (await ensureEnvironment(ctx, { workspaceId, reference }, onProgress)).python
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

/** Interpreters that deployments are started with. */
export async function interpretersInUse(ctx: Context): Promise<string[]> {
  const rows = await ctx.db.kysely.selectFrom('serving_deployments').select('plan').execute()
  return rows.map(({ plan }) => plan.python)
}
