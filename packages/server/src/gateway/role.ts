import { createHash } from 'node:crypto'
import { createContext, type Context } from '../context.ts'
import { createDomains } from '../domains/index.ts'
import { putBlob } from '../domains/storage/index.ts'
import { authenticateToken, type Actor } from '../kernel/auth/index.ts'
import type { Config } from '../kernel/config/index.ts'
import { untilTold } from '../roles.ts'
import { startGateway, type Gateway } from './gateway.ts'

const scoreAction = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action'
/** How long an answered access question is kept; a withdrawn right counts after at most this. */
const decisionLifetimeMs = 5_000
const decisionLimit = 10_000

/** The `gateway` role: serves predictions; goes on with the last picture when API and database are away. */
export async function runGateway(config: Config): Promise<void> {
  await using ctx = await createContext(config)
  const gateway = await startGatewayOf(ctx)
  ctx.log.info({ role: 'gateway', address: gateway.address }, 'Serving')
  await untilTold()
  await gateway.close()
}

/** A gateway on a context: collected data go to the workspace's blob store, access questions to the role tables. */
export function startGatewayOf(ctx: Context): Promise<Gateway> {
  const verifyJwt = createDomains(ctx).find((domain) => domain.verifyJwt !== undefined)?.verifyJwt
  const actorOf = async (token: string): Promise<Actor | undefined> => {
    if (token.startsWith('flc_')) return authenticateToken(ctx.db.kysely, ctx.clock, token, ['pat', 'sp', 'job'])
    return verifyJwt?.(token)
  }
  const decisions = new Map<string, { readonly allowed: boolean; readonly untilMs: number }>()
  return startGateway({
    ...ctx,
    async authorizeBearer(token, endpointId) {
      const key = createHash('sha256').update(`${endpointId}\0${token}`).digest('base64')
      const known = decisions.get(key)
      const now = ctx.clock.now().getTime()
      if (known !== undefined && known.untilMs > now) return known.allowed
      const actor = await actorOf(token).catch(() => undefined)
      const allowed = actor !== undefined && (await ctx.authorization.allows(actor, scoreAction, 'control', endpointId))
      if (decisions.size >= decisionLimit) decisions.clear()
      decisions.set(key, { allowed, untilMs: now + decisionLifetimeMs })
      return allowed
    },
    async sink({ workspaceId, path, content }) {
      await putBlob(ctx, { workspaceId, name: path, source: content, contentType: 'application/jsonl' })
    },
  })
}
