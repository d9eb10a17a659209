import { AppError, notFound, parseArmId, resourceTypeOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { requireAction } from '../../kernel/http/index.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { parseAssetId, versionByName } from '../storage/index.ts'

const machineLearning = 'Microsoft.MachineLearningServices'

/** `…/registries/models/versions` for a kind and its owner. */
export function versionTypeOf(ownerId: string, kind: string): string {
  const owner = /\/registries\/[^/]+$/i.test(ownerId) ? 'registries' : 'workspaces'
  return `${machineLearning}/${owner}/${kind}/versions`
}

/** Who asks, in which request. */
export interface Asker {
  readonly actor: Actor
  readonly requestId: string
}

/**
 * The asset version of an id in any long form. @throws ResourceNotFound also when the actor may not read it: both answers are the same
 */
export async function requireReadableAsset(ctx: Context, asker: Asker, assetId: string): Promise<StoredResource> {
  const missing = notFound('Asset', assetId)
  const asset = await parseAssetId(ctx.db.kysely, undefined, assetId).catch(() => undefined)
  if (asset === undefined) throw missing
  const { ownerId, kind, name, version } = asset
  const container = `${ownerId}/${kind}/${name}`
  const scope = version === undefined ? container : `${container}/versions/${version}`
  const action = `${versionTypeOf(ownerId, kind)}/read`
  if (!(await ctx.authorization.allows(asker.actor, action, 'control', scope))) {
    await recordRefusal(ctx, asker, { action, scope, error: missing })
    throw missing
  }
  const found =
    version === undefined
      ? await versionByName(ctx.db.kysely, container, undefined).catch(() => undefined)
      : await findResource(ctx.db.kysely, scope)
  if (found === undefined) throw missing
  return found
}

/** @throws ResourceNotFound, or AuthorizationFailed when the actor may read there but not write */
export async function requireWritable(ctx: Context, asker: Asker, versionId: string): Promise<void> {
  const parsed = parseArmId(versionId)
  const type = parsed === undefined ? undefined : resourceTypeOf(parsed)
  const action = `${type ?? ''}/write`
  try {
    await requireAction(ctx.authorization, asker.actor, { action, plane: 'control', scope: versionId })
  } catch (error) {
    if (error instanceof AppError) await recordRefusal(ctx, asker, { action, scope: versionId, error })
    throw error
  }
}

/** As the router does for the rights that an operation declares: these become known with the body only. */
async function recordRefusal(
  ctx: Context,
  { actor, requestId }: Asker,
  { action, scope, error }: { readonly action: string; readonly scope: string; readonly error: AppError },
): Promise<void> {
  const data = { code: error.code }
  await appendEvent(
    ctx.db.kysely,
    ctx,
    actor,
    { type: 'access.denied', subject: scope, action, result: 'denied', data },
    requestId,
  )
}

export function kindOf(version: Pick<StoredResource, 'id'>): string {
  return version.id.split('/').at(-4)?.toLowerCase() ?? ''
}

/** True when a version that is there already was made from the same thing. */
export function isSame(existing: StoredResource, source: StoredResource): boolean {
  const members = ['condaFile', 'image', 'componentSpec'] as const
  const from = (existing.properties['properties'] as JsonObject | undefined)?.['sourceAssetId']
  if (typeof from === 'string' && from.toLowerCase() === source.id.toLowerCase()) return true
  const shown = (version: StoredResource) => canonicalJson(members.map((member) => version.properties[member] ?? null))
  return kindOf(existing) === 'environments' && existing.properties['build'] == null && shown(existing) === shown(source)
}
