import { AppError, isAppError, resourceGroupId, parseArmId, type EnvironmentDrift } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, mergeStatus, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { hostPythons } from './host-pythons.ts'
import { readMappings } from './mappings.ts'
import { planEnvironment, type EnvironmentRequest, type PlannedEnvironment } from './plan-environment.ts'

/** Tag of a workspace or its resource group under which environments that differ from what they ask for are refused. */
const strictTag = 'fulcrum.strictEnvironments'

/** What an environment version comes down to on this host, by the mappings of now. */
export async function planVersion(
  ctx: Context,
  db: Executor,
  version: Pick<StoredResource, 'id' | 'properties'>,
): Promise<PlannedEnvironment> {
  return planRequest(ctx, db, requestOf(version))
}

export async function planRequest(ctx: Context, db: Executor, request: EnvironmentRequest): Promise<PlannedEnvironment> {
  return planEnvironment(request, {
    mappings: await readMappings(db, ctx.config.subscriptionId),
    pythons: await hostPythons(ctx),
    interpreters: ctx.config.interpreters,
  })
}

function requestOf({ id, properties }: Pick<StoredResource, 'id' | 'properties'>): EnvironmentRequest {
  const { build } = properties
  const name = id.startsWith('azureml:') ? id : (id.split('/').at(-3) ?? id)
  return {
    name,
    image: textOf(properties['image']),
    condaFile: textOf(properties['condaFile']),
    pipRequirements: textOf(properties['pipRequirements']),
    pyproject: textOf(properties['pyproject']),
    interpreter: textOf(properties['interpreter']),
    build: typeof build === 'object' && build !== null,
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Status of a version: how what is built differs, or why nothing can be built. */
export async function driftStatus(
  ctx: Context,
  db: Executor,
  version: Pick<StoredResource, 'id' | 'properties'>,
): Promise<JsonObject> {
  const time = ctx.clock.now().toISOString()
  const condition = (status: 'True' | 'False', reason: string, message: string): JsonObject[] => [
    { type: 'Buildable', status, reason, message, time },
  ]
  try {
    const { drift } = await planVersion(ctx, db, version)
    const message = drift.length === 0 ? 'It is built as it is asked for.' : `It is built with ${drift.length} differences.`
    return { drift, conditions: condition('True', drift.length === 0 ? 'Exact' : 'Drift', message) }
  } catch (error) {
    if (!isAppError(error) || error.status >= 500) throw error
    return { drift: [], conditions: condition('False', error.code, error.message) }
  }
}

/** Notes on a version what it was built with, when mappings or the host have changed since it was made. */
export async function recordDrift(ctx: Context, version: StoredResource, drift: readonly EnvironmentDrift[]): Promise<void> {
  if (!version.id.startsWith('/') || canonicalJson(version.status['drift'] ?? []) === canonicalJson(drift)) return
  await mergeStatus(ctx.db.kysely, version.id, await driftStatus(ctx, ctx.db.kysely, version))
}

/** The same check for a version that is named now and built later. @throws NotSupported */
export async function refuseDriftOf(ctx: Context, db: Executor, workspaceId: string, version: StoredResource): Promise<void> {
  if (!(await isStrict(ctx, db, workspaceId))) return
  const { drift } = await planVersion(ctx, db, version)
  await refuseDrift(ctx, workspaceId, version.id.split('/').at(-3) ?? version.name, drift, db)
}

/** @throws NotSupported in strict mode, with every difference as a detail */
export async function refuseDrift(
  ctx: Context,
  workspaceId: string,
  name: string,
  drift: readonly EnvironmentDrift[],
  db: Executor = ctx.db.kysely,
): Promise<void> {
  if (drift.length === 0 || !(await isStrict(ctx, db, workspaceId))) return
  throw new AppError(
    'NotSupported',
    `Environment '${name}' cannot be built here as it is asked for, and differences are refused: ${drift.map(({ message }) => message).join(' ')}`,
    { target: 'environmentId', details: drift.map(({ code, message }) => ({ code, message })) },
  )
}

/** Reads through the caller's transaction: a second connection inside one would wait for itself when all are taken. */
async function isStrict(ctx: Context, db: Executor, workspaceId: string): Promise<boolean> {
  if (ctx.config.environmentDrift === 'refuse') return true
  const parsed = parseArmId(workspaceId)
  const groupId = parsed?.resourceGroup === undefined ? undefined : resourceGroupId(parsed.subscriptionId, parsed.resourceGroup)
  for (const id of [workspaceId, groupId]) {
    const tag = id === undefined ? undefined : (await findResource(db, id))?.tags[strictTag]
    if (tag !== undefined) return tag.toLowerCase() === 'true'
  }
  return false
}
