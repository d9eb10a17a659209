import { AppError, invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { issueCredential, revokeCredential, type Actor } from '../../kernel/auth/index.ts'
import { isActionPattern, isIncluded } from '../../kernel/authz/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { presentCredential } from './present.ts'
import { endSessionsOf } from './session.ts'
import { listCredentials } from './store.ts'

const dayMs = 86_400_000

export async function listTokens(ctx: Context, actor: Actor) {
  const rows = await listCredentials(ctx.db.kysely, { principalId: actor.id, kind: 'pat', now: ctx.clock.now() })
  return rows.map(presentCredential)
}

/** Issues a personal access token whose scopes lie within those of the token that asks. @throws AuthorizationFailed */
export async function createToken(
  ctx: Context,
  actor: Actor,
  input: { name: string; scopes?: readonly string[] | undefined; expiresInDays: number },
) {
  requireUser(actor)
  const { scopes } = input
  const unreadable = scopes?.find((pattern) => !isActionPattern(pattern))
  if (unreadable !== undefined)
    throw invalid(`'${unreadable}' is not an action pattern such as 'Microsoft.MachineLearningServices/*/read'.`, {
      target: 'scopes',
    })
  refuseWider(actor, scopes)
  const now = ctx.clock.now()
  return ctx.db.transaction(async (tx) => {
    const issued = await issueCredential(tx, ctx, {
      kind: 'pat',
      principalId: actor.id,
      name: input.name,
      lifetimeMs: input.expiresInDays * dayMs,
      ...(scopes === undefined ? {} : { scopes }),
    })
    await appendEvent(tx, ctx, actor, {
      type: 'tokens.created',
      subject: subjectOf(ctx),
      action: 'Fulcrum.Identity/tokens/write',
      data: { credentialId: issued.id, scopes: scopes ?? null },
    })
    return {
      id: issued.id,
      name: input.name,
      createdAt: now.toISOString(),
      expiresAt: issued.expiresAt.toISOString(),
      token: issued.token,
      ...(scopes === undefined ? {} : { scopes }),
    }
  })
}

/** @returns false when the caller has no such token */
export async function revokeToken(ctx: Context, actor: Actor, id: string): Promise<boolean> {
  requireUser(actor)
  return ctx.db.transaction(async (tx) => {
    const owned = await listCredentials(tx, { principalId: actor.id, kind: 'pat', now: ctx.clock.now() })
    if (!owned.some((row) => row.id === id)) return false
    await revokeCredential(tx, ctx.clock, id)
    await endSessionsOf(tx, ctx, id)
    await appendEvent(tx, ctx, actor, {
      type: 'tokens.revoked',
      subject: subjectOf(ctx),
      action: 'Fulcrum.Identity/tokens/delete',
      data: { credentialId: id },
    })
    return true
  })
}

/** A secret or a job credential must not turn itself into a token that outlives its rotation or its job. */
function requireUser(actor: Actor): void {
  if (actor.kind === 'User' && actor.boundTo === undefined) return
  throw new AppError(
    'AuthorizationFailed',
    'Personal access tokens belong to users. Add a secret to the service principal instead.',
    { target: actor.name },
  )
}

function refuseWider(actor: Actor, scopes: readonly string[] | undefined): void {
  const own = actor.tokenScopes
  if (own === undefined) return
  const held = [{ include: own, exclude: [] }]
  const wider = scopes === undefined ? '*' : scopes.find((pattern) => !isIncluded({ pattern, except: [], held, denied: [] }))
  if (wider === undefined) return
  throw new AppError(
    'AuthorizationFailed',
    `A token cannot issue a wider one: '${wider}' is not within its scopes ${own.join(', ')}.`,
    { target: 'scopes' },
  )
}

function subjectOf(ctx: Context): string {
  return `/subscriptions/${ctx.config.subscriptionId}`
}
