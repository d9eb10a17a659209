import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { endpointType } from './types.ts'

/**
 * Sets live and mirrored traffic of an endpoint under the same rules as a PUT; the gateways use it within moments.
 * @throws ResourceNotFound · InvalidTraffic
 */
export async function setTraffic(
  ctx: Context,
  actor: Actor,
  endpointId: string,
  shares: { readonly traffic: Readonly<Record<string, number>>; readonly mirrorTraffic?: Readonly<Record<string, number>> },
): Promise<StoredResource> {
  await ctx.resources.require(endpointId)
  const properties = { traffic: { ...shares.traffic }, mirrorTraffic: { ...shares.mirrorTraffic } }
  return (await ctx.resources.patch(actor, endpointId, { properties }, { type: endpointType })).resource
}
