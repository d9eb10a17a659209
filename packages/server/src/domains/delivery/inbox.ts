import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { listResources } from '../../kernel/resources/index.ts'
import { statesOfGates } from './gates.ts'
import { readGateRules, releaseType, statusOf } from './store.ts'

/** Open gates whose approver groups the caller belongs to, and why the caller could not decide, if so. */
export async function readInbox(ctx: Context, actor: Actor) {
  const db = ctx.db.kysely
  const scopes = await ctx.authorization.allowedScopes(actor, 'Fulcrum.Delivery/releases/read')
  const [rules, releases] = [await readGateRules(db), await listResources(db, { type: releaseType, scopes, limit: 200 })]
  const value = releases.flatMap((release) => {
    const status = statusOf(release)
    const open = statesOfGates(rules, status.gates, { digest: status.digest, ready: status.ready }).find(
      (gate) => gate.state === 'open',
    )
    if (open === undefined || !open.rules.approverGroupIds.some((group) => actor.groups.includes(group))) return []
    const isAuthor = status.author.id === actor.id
    return [
      {
        releaseId: release.id,
        release: release.name,
        gate: open.rules.name,
        displayName: open.rules.displayName,
        model: status.model,
        author: status.author,
        since: release.modifiedAt.toISOString(),
        mayDecide: !isAuthor,
        ...(isAuthor ? { reason: 'You made this model version; somebody else has to decide.' } : {}),
      },
    ]
  })
  return { value }
}
