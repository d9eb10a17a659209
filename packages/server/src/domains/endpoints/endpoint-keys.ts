import { AppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { signEndpointToken } from '../../gateway/credentials.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { publishRoute } from './serving-store.ts'
import { endpointType } from './types.ts'

/** Keys of endpoints: in the secret store; the gateway only knows their hashes. */

export interface EndpointKeys {
  readonly primaryKey: string
  readonly secondaryKey: string
}

const keyLength = 43
const tokenLifetimeSeconds = 12 * 3600
const refreshAfterSeconds = 8 * 3600

export async function createKeys(
  tx: Executor,
  ctx: Context,
  endpointId: string,
  given: { primaryKey?: unknown; secondaryKey?: unknown },
): Promise<void> {
  for (const name of ['primaryKey', 'secondaryKey'] as const) {
    const value = given[name]
    await ctx.secrets.put(tx, {
      scope: endpointId.toLowerCase(),
      name,
      value: typeof value === 'string' ? value : ctx.ids.base62(keyLength),
    })
  }
}

export async function readKeys(db: Executor, ctx: Context, endpointId: string): Promise<EndpointKeys> {
  const scope = endpointId.toLowerCase()
  const [primary, secondary] = [
    await ctx.secrets.get(db, { scope, name: 'primaryKey' }),
    await ctx.secrets.get(db, { scope, name: 'secondaryKey' }),
  ]
  return { primaryKey: primary.value.toString('utf8'), secondaryKey: secondary.value.toString('utf8') }
}

/** @throws BadRequest the endpoint does not use keys */
export function requireKeyMode(endpoint: StoredResource): void {
  if (endpoint.properties['authMode'] !== 'Key') {
    throw new AppError('BadRequest', `Endpoint '${endpoint.name}' uses ${String(endpoint.properties['authMode'])}, not keys.`, {
      target: 'properties.authMode',
    })
  }
}

export async function regenerateKey(
  ctx: Context,
  actor: Actor,
  endpointId: string,
  request: { keyType: 'Primary' | 'Secondary'; keyValue?: string | null | undefined },
): Promise<void> {
  await ctx.db.transaction(async (tx: Tx) => {
    const endpoint = await ctx.resources.require(endpointId, tx)
    requireKeyMode(endpoint)
    const name = request.keyType === 'Primary' ? 'primaryKey' : 'secondaryKey'
    await ctx.secrets.put(tx, { scope: endpointId.toLowerCase(), name, value: request.keyValue ?? ctx.ids.base62(keyLength) })
    await publishRoute(tx, ctx, endpoint)
    await appendEvent(tx, ctx, actor, {
      type: 'onlineEndpoints.keyRegenerated',
      subject: endpoint.id,
      action: `${endpointType}/regenerateKeys/action`,
      data: { keyType: request.keyType },
    })
  })
}

/** A token for scoring; times in seconds since the epoch. */
export function issueEndpointToken(ctx: Context, actor: Actor, endpointId: string) {
  const now = Math.floor(ctx.clock.now().getTime() / 1000)
  const expiresAtSeconds = now + tokenLifetimeSeconds
  return {
    accessToken: signEndpointToken(ctx.rootKey, { endpointId, subject: actor.id, expiresAtSeconds }),
    tokenType: 'Bearer',
    expiryTimeUtc: expiresAtSeconds,
    refreshAfterTimeUtc: now + refreshAfterSeconds,
  }
}
