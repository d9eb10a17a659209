import { AppError, conflict, unauthenticated } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { authenticateToken, consumeCredential, issueCredential, revokeCredential, type Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { sessionCookie, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { findPrincipals } from './store.ts'

const sessionLifetimeMs = 24 * 3_600_000
const signInLifetimeMs = 15 * 60_000
const cookieAttributes = 'HttpOnly; SameSite=Strict; Path=/'

export interface SignInToken {
  /** Works once, within 15 minutes; exchanged at `POST /auth/session`. */
  readonly token: string
  readonly expiresAt: Date
}

/** A single-use token for the sign-in link that the operator is shown. Not reachable over HTTP. */
export async function createSignInToken(ctx: Context, principalId: string): Promise<SignInToken> {
  const [principal] = await findPrincipals(ctx.db.kysely, [principalId])
  if (principal?.kind !== 'User') throw conflict(`'${principalId}' is no user; only users sign in.`)
  const { token, expiresAt } = await issueCredential(ctx.db.kysely, ctx, {
    kind: 'set',
    principalId,
    name: 'sign-in link',
    lifetimeMs: signInLifetimeMs,
    singleUse: true,
  })
  return { token, expiresAt }
}

/**
 * Exchanges a sign-in or personal token for a session of its own id, so nothing that was known before signs in.
 * @throws InvalidAuthenticationToken · CsrfRejected · UnsupportedMediaType
 */
export async function signIn(ctx: Context, request: ApiRequest<unknown, { token: string }>): Promise<ApiReply> {
  refuseForeignForm(request)
  const { token } = request.body
  const session = await ctx.db.transaction(async (tx) => {
    const actor = await authenticateToken(tx, ctx.clock, token, ['set', 'pat'])
    const credentialId = actor.credentialId ?? ''
    if (actor.kind !== 'User') throw unauthenticated()
    if (token.startsWith('flc_set_') && !(await consumeCredential(tx, ctx.clock, credentialId))) throw unauthenticated()
    const issued = await issueCredential(tx, ctx, {
      kind: 'ses',
      principalId: actor.id,
      name: sessionName(credentialId),
      lifetimeMs: sessionLifetimeMs,
      ...(actor.tokenScopes === undefined ? {} : { scopes: actor.tokenScopes }),
    })
    await announce(tx, ctx, actor, 'signedIn')
    return issued
  })
  // A session that was opened over TLS never travels without it.
  const secure = request.origin.startsWith('https:') ? '; Secure' : ''
  return {
    headers: {
      'set-cookie': `${sessionCookie}=${session.token}; ${cookieAttributes}${secure}; Max-Age=${sessionLifetimeMs / 1000}`,
    },
    body: { expiresAt: session.expiresAt.toISOString() },
  }
}

export async function signOut(ctx: Context, actor: Actor): Promise<ApiReply> {
  if (actor.viaCookie === true && actor.credentialId !== undefined) {
    const { credentialId } = actor
    await ctx.db.transaction(async (tx) => {
      await revokeCredential(tx, ctx.clock, credentialId)
      await announce(tx, ctx, actor, 'signedOut')
    })
  }
  return { status: 204, headers: { 'set-cookie': `${sessionCookie}=; ${cookieAttributes}; Max-Age=0` } }
}

/** Ends the sessions that a token opened. */
export async function endSessionsOf(db: Executor, ctx: Context, credentialId: string): Promise<void> {
  await db
    .updateTable('credentials')
    .set({ revoked_at: ctx.clock.now() })
    .where('kind', '=', 'ses')
    .where('name', '=', sessionName(credentialId))
    .where('revoked_at', 'is', null)
    .execute()
}

function sessionName(credentialId: string): string {
  return `session from ${credentialId}`
}

/** A page of another origin must not sign a browser in as somebody else. */
function refuseForeignForm(request: ApiRequest): void {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const isForeign =
    (site !== undefined && site !== 'same-origin' && site !== 'none') || (origin !== undefined && hostOf(origin) !== host)
  if (isForeign) throw new AppError('CsrfRejected', 'Sign in from the studio itself, not from a page of another origin.')
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new AppError('UnsupportedMediaType', 'Send the token as application/json: {"token": "flc_…"}.')
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

async function announce(tx: Executor, ctx: Context, actor: Actor, verb: 'signedIn' | 'signedOut'): Promise<void> {
  await appendEvent(tx, ctx, actor, {
    type: `users.${verb}`,
    subject: `/subscriptions/${ctx.config.subscriptionId}/providers/Fulcrum.Identity/users/${actor.name}`,
    action: `Fulcrum.Identity/sessions/${verb === 'signedIn' ? 'write' : 'delete'}`,
  })
}
