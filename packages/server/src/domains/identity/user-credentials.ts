import { notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { issueCredential, type Actor } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { readDirectoryForChange } from './directory.ts'
import { requireGrantable } from './guards.ts'
import { presentPrincipal } from './present.ts'
import { findPrincipal } from './store.ts'

const dayMs = 86_400_000

/**
 * Issues a token with which its holder acts as the user. Whoever asks must be able to grant everything that the user holds.
 * @throws ResourceNotFound · AuthorizationFailed
 */
export async function issueUserCredential(
  ctx: Context,
  actor: Actor,
  input: { user: string; name: string; expiresInDays: number },
) {
  return ctx.db.transaction(async (tx) => {
    const row = await findPrincipal(tx, input.user, 'User')
    if (row === undefined) throw notFound('User', input.user)
    await requireGrantable(tx, ctx, actor, { directory: await readDirectoryForChange(tx), holderId: row.id, recipientId: row.id })
    const name = `${input.name} (issued by ${actor.name})`
    const issued = await issueCredential(tx, ctx, {
      kind: 'pat',
      principalId: row.id,
      name,
      lifetimeMs: input.expiresInDays * dayMs,
    })
    await appendEvent(tx, ctx, actor, {
      type: 'users.credentialIssued',
      subject: presentPrincipal(ctx.config.subscriptionId, row).id,
      action: 'Fulcrum.Identity/users/credentials/write',
      data: { credentialId: issued.id },
    })
    return {
      id: issued.id,
      name,
      createdAt: ctx.clock.now().toISOString(),
      expiresAt: issued.expiresAt.toISOString(),
      token: issued.token,
    }
  })
}
