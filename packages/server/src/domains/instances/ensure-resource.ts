import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type ResourceBody } from '../../kernel/resources/index.ts'

export interface WantedResource {
  readonly id: string
  readonly type: string
  readonly body: ResourceBody
}

/** Makes a resource be as wanted; members that others set stay. Writes nothing when it is so already. */
export async function ensureResourceIn(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  wanted: WantedResource,
): Promise<'created' | 'updated' | 'unchanged'> {
  const existing = await findResource(tx, wanted.id)
  const tags = { ...existing?.tags, ...wanted.body.tags }
  const properties = { ...existing?.properties, ...wanted.body.properties }
  if (
    existing !== undefined &&
    canonicalJson({ tags, properties }) === canonicalJson({ tags: existing.tags, properties: existing.properties })
  )
    return 'unchanged'
  const { id, type, body } = wanted
  const kept = existing === undefined ? {} : { identity: existing.identity, sku: existing.sku, kind: existing.kind }
  const { created } = await ctx.resources.putIn(tx, actor, {
    id,
    type,
    body: { location: existing?.location, ...kept, ...body, tags, properties },
  })
  return created ? 'created' : 'updated'
}

/** `2 created, 1 updated, 4 unchanged` */
export function summaryOf(outcomes: readonly ('created' | 'updated' | 'unchanged')[]): string {
  const counts = (['created', 'updated', 'unchanged'] as const).map(
    (outcome) => [outcome, outcomes.filter((item) => item === outcome).length] as const,
  )
  const shown = counts.filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome}`)
  return shown.length === 0 ? 'nothing to do' : shown.join(', ')
}
