import { notFound, parseArmId, resourceTypeOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
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

/**
 * The asset version of an id in any long form. @throws ResourceNotFound also when the actor may not read it: both answers are the same
 */
export async function requireReadableAsset(ctx: Context, actor: Actor, assetId: string): Promise<StoredResource> {
  const missing = notFound('Asset', assetId)
  const asset = await parseAssetId(ctx.db.kysely, undefined, assetId).catch(() => undefined)
  if (asset === undefined) throw missing
  const { ownerId, kind, name, version } = asset
  const container = `${ownerId}/${kind}/${name}`
  const scope = version === undefined ? container : `${container}/versions/${version}`
  if (!(await ctx.authorization.allows(actor, `${versionTypeOf(ownerId, kind)}/read`, 'control', scope))) throw missing
  const found =
    version === undefined
      ? await versionByName(ctx.db.kysely, container, undefined).catch(() => undefined)
      : await findResource(ctx.db.kysely, scope)
  if (found === undefined) throw missing
  return found
}

/** @throws ResourceNotFound, or AuthorizationFailed when the actor may read there but not write */
export async function requireWritable(ctx: Context, actor: Actor, versionId: string): Promise<void> {
  const parsed = parseArmId(versionId)
  const type = parsed === undefined ? undefined : resourceTypeOf(parsed)
  await requireAction(ctx.authorization, actor, { action: `${type ?? ''}/write`, plane: 'control', scope: versionId })
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
