import { isAppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { authenticateToken, issueCredential, type Actor } from '../../../kernel/auth/index.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import type { WorkloadTokens } from '../issuer/workload-tokens.ts'
import { findPrincipals, type PrincipalRow } from '../store.ts'
import { audienceOfScope } from './audience.ts'
import { redeemDeviceCode } from './device-codes.ts'
import { tenantIssuer } from './discovery.ts'
import { OAuthError } from './oauth-error.ts'
import type { RateLimit } from './rate-limit.ts'

const accessLifetimeMs = 15 * 60_000
const refreshLifetimeMs = 30 * 86_400_000

/** A request to the token endpoint, read. */
export interface TokenRequest {
  readonly version: 1 | 2
  /** Scheme and host by which the client reached us. */
  readonly origin: string
  readonly form: URLSearchParams
  /** `Authorization: Basic` in place of `client_id` and `client_secret`. */
  readonly basic: { readonly id: string; readonly secret: string } | undefined
}

interface Grant {
  readonly clientId: string
  readonly audience: string
}

/** RFC 6749's token endpoint for service principals, devices and refresh tokens. @throws OAuthError */
export class TokenEndpoint {
  readonly #ctx: Context
  readonly #tokens: WorkloadTokens
  readonly #failures: RateLimit

  constructor(ctx: Context, tokens: WorkloadTokens, failures: RateLimit) {
    this.#ctx = ctx
    this.#tokens = tokens
    this.#failures = failures
  }

  async answer(request: TokenRequest): Promise<Record<string, unknown>> {
    const clientId = request.basic?.id ?? required(request.form, 'client_id')
    const waitSeconds = this.#failures.exhausted(clientId)
    if (waitSeconds !== undefined)
      throw new OAuthError('temporarily_unavailable', `Too many failed attempts of '${clientId.slice(0, 100)}'.`, {
        status: 429,
        number: 50053,
        retryAfterSeconds: waitSeconds,
      })
    const grantType = required(request.form, 'grant_type')
    switch (grantType) {
      case 'client_credentials':
        return this.#clientCredentials(request, { clientId, audience: wantedAudience(request) })
      case 'urn:ietf:params:oauth:grant-type:device_code':
      case 'device_code':
        return this.#deviceCode(request, clientId)
      case 'refresh_token':
        return this.#refreshToken(request, clientId)
      default:
        throw new OAuthError(
          'unsupported_grant_type',
          `Grant type '${grantType.slice(0, 100)}' is not offered; use client_credentials, device_code or refresh_token.`,
          { number: 70003 },
        )
    }
  }

  async #clientCredentials(request: TokenRequest, grant: Grant) {
    if (request.form.has('client_assertion'))
      throw new OAuthError('invalid_client', 'Certificates and federated assertions are not accepted; use a client secret.', {
        status: 401,
        number: 700021,
      })
    const secret = request.basic?.secret ?? required(request.form, 'client_secret')
    const actor = await this.#authenticate(secret, 'sp', grant.clientId)
    const principal = await this.#principalOf(actor)
    const names = [principal.application_id, principal.id, principal.name]
    if (!names.some((name) => name?.toLowerCase() === grant.clientId.toLowerCase())) this.#refuse(grant.clientId)
    return this.#accessToken(request, { actor, principal, grant })
  }

  async #refreshToken(request: TokenRequest, clientId: string) {
    const refreshToken = required(request.form, 'refresh_token')
    const actor = await this.#authenticate(refreshToken, 'pat', clientId)
    const grant = { clientId, audience: wantedAudience(request) }
    const principal = await this.#principalOf(actor)
    return { ...(await this.#userToken(request, { actor, principal, grant })), refresh_token: refreshToken }
  }

  /** The device acts as the user who approved it, with a token that shows among the user's own and can be revoked there. */
  async #deviceCode(request: TokenRequest, clientId: string) {
    const ctx = this.#ctx
    const deviceCode = request.form.get('device_code') ?? required(request.form, 'code')
    const outcome = await ctx.db.transaction(async (tx) => {
      const redemption = await redeemDeviceCode(tx, ctx, { deviceCode, clientId })
      if ('refusal' in redemption) return redemption
      const { row } = redemption
      const issued = await issueCredential(tx, ctx, {
        kind: 'pat',
        principalId: row.principal_id ?? '',
        name: `device sign-in (${clientId})`,
        lifetimeMs: refreshLifetimeMs,
        ...(row.scopes === null ? {} : { scopes: row.scopes }),
      })
      return { issued, audience: row.audience }
    })
    if ('refusal' in outcome) throw outcome.refusal
    const actor = await this.#authenticate(outcome.issued.token, 'pat', clientId)
    const principal = await this.#principalOf(actor)
    await appendEvent(ctx.db.kysely, ctx, actor, {
      type: 'users.signedIn',
      subject: `/subscriptions/${ctx.config.subscriptionId}/providers/Fulcrum.Identity/users/${actor.name}`,
      action: 'Fulcrum.Identity/sessions/write',
      data: { clientId, credentialId: outcome.issued.id },
    })
    const grant = { clientId, audience: outcome.audience }
    return { ...(await this.#userToken(request, { actor, principal, grant })), refresh_token: outcome.issued.token }
  }

  /** An access token with what clients want to know about the user beside it. */
  async #userToken(request: TokenRequest, holder: { actor: Actor; principal: PrincipalRow; grant: Grant }) {
    const { actor, principal, grant } = holder
    const claims = { name: principal.display_name, preferred_username: principal.email ?? principal.name, ver: '2.0' }
    const idToken = await this.#tokens.mint({
      subject: principal.id,
      audience: grant.clientId,
      principalId: principal.id,
      lifetimeMs: accessLifetimeMs,
      issuer: tenantIssuer(this.#ctx, request.origin),
      claims,
      ...(actor.credentialId === undefined ? {} : { credentialId: actor.credentialId }),
    })
    const clientInfo = { uid: principal.id, utid: this.#ctx.config.tenantId }
    return {
      ...(await this.#accessToken(request, holder)),
      id_token: idToken.token,
      client_info: Buffer.from(JSON.stringify(clientInfo)).toString('base64url'),
    }
  }

  async #accessToken(request: TokenRequest, holder: { actor: Actor; principal: PrincipalRow; grant: Grant }) {
    const { actor, principal, grant } = holder
    const isUser = principal.kind === 'User'
    const minted = await this.#tokens.mint({
      subject: principal.id,
      audience: grant.audience,
      principalId: principal.id,
      lifetimeMs: accessLifetimeMs,
      issuer: tenantIssuer(this.#ctx, request.origin),
      claims: {
        ver: '2.0',
        azp: grant.clientId,
        idtyp: isUser ? 'user' : 'app',
        name: principal.display_name,
        ...(isUser ? { upn: principal.email ?? principal.name, scp: 'user_impersonation' } : {}),
      },
      ...(actor.credentialId === undefined ? {} : { credentialId: actor.credentialId }),
      ...(actor.tokenScopes === undefined ? {} : { scopes: actor.tokenScopes }),
    })
    const expiresAt = Math.floor(minted.expiresAt.getTime() / 1000)
    const expiresIn = expiresAt - Math.floor(this.#ctx.clock.now().getTime() / 1000)
    const common = { token_type: 'Bearer', access_token: minted.token }
    if (request.version === 2)
      return {
        ...common,
        expires_in: expiresIn,
        ext_expires_in: expiresIn,
        ...(isUser ? { scope: `${grant.audience}/.default` } : {}),
      }
    return {
      ...common,
      expires_in: String(expiresIn),
      ext_expires_in: String(expiresIn),
      expires_on: String(expiresAt),
      not_before: String(expiresAt - expiresIn),
      resource: grant.audience,
    }
  }

  async #authenticate(secret: string, kind: 'sp' | 'pat', clientId: string): Promise<Actor> {
    try {
      return await authenticateToken(this.#ctx.db.kysely, this.#ctx.clock, secret, [kind])
    } catch (error) {
      if (!isAppError(error) || error.status !== 401) throw error
      return kind === 'sp' ? this.#refuse(clientId) : this.#refuseGrant(clientId)
    }
  }

  /** One answer for an unknown client, a wrong secret, a revoked one and one of somebody else. */
  #refuse(clientId: string): never {
    this.#failures.count(clientId)
    throw new OAuthError('invalid_client', `Invalid client secret provided for '${clientId.slice(0, 100)}'.`, {
      status: 401,
      number: 7000215,
    })
  }

  #refuseGrant(clientId: string): never {
    this.#failures.count(clientId)
    throw new OAuthError('invalid_grant', 'The refresh token has expired or was revoked. Sign in again.', { number: 700082 })
  }

  async #principalOf(actor: Actor): Promise<PrincipalRow> {
    const [principal] = await findPrincipals(this.#ctx.db.kysely, [actor.id])
    if (principal === undefined) throw new OAuthError('invalid_grant', 'The principal is gone.', { number: 700016 })
    return principal
  }
}

/** @throws OAuthError invalid_scope */
function wantedAudience({ version, form }: TokenRequest): string {
  const resource = form.get('resource')
  if (resource !== null && resource !== '') {
    if (resource.length <= 256) return resource
    throw new OAuthError('invalid_resource', 'The resource is longer than 256 characters.', { number: 500011 })
  }
  return audienceOfScope(required(form, version === 1 && !form.has('scope') ? 'resource' : 'scope'))
}

export function required(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value === null || value === '')
    throw new OAuthError('invalid_request', `The request body must contain the parameter '${name}'.`, { number: 900144 })
  return value
}
