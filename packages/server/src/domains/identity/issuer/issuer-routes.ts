import { issuerOperations, unauthenticated } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { authenticateToken } from '../../../kernel/auth/index.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../../kernel/http/index.ts'
import { issuerOf, type WorkloadTokens } from './workload-tokens.ts'

const managedIdentityLifetimeMs = 15 * 60_000

export function issuerRoutes(ctx: Context, tokens: WorkloadTokens): Route[] {
  return [
    route(issuerOperations.discovery, async () => ok(discoveryDocument(ctx))),
    route(issuerOperations.keys, async () => ok(await tokens.keys.keySet(), { 'cache-control': 'public, max-age=300' })),
    route(issuerOperations.managedIdentityToken, (request) => managedIdentityToken(ctx, tokens, request)),
  ]
}

/** OpenID Connect Discovery 1.0; there is no authorization endpoint, since workloads do not sign in. */
function discoveryDocument(ctx: Context) {
  const issuer = issuerOf(ctx)
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'oid', 'tid', 'bound_to'],
  }
}

/**
 * The identity endpoint that Azure's SDKs find through IDENTITY_ENDPOINT and IDENTITY_HEADER: a job's own, or that of a
 * user's shell (`fulcrum env`). Answers only with a credential in the header, which a forged server-side request cannot
 * send, and never through a proxy.
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity
 */
async function managedIdentityToken(
  ctx: Context,
  tokens: WorkloadTokens,
  request: ApiRequest<{ resource: string }>,
): Promise<ApiReply> {
  const secret = request.headers['x-identity-header']
  if (typeof secret !== 'string' || request.headers['x-forwarded-for'] !== undefined) throw unauthenticated()
  const actor = await authenticateToken(ctx.db.kysely, ctx.clock, secret, ['job', 'pat', 'sp'])
  const { resource } = request.query
  const minted = await tokens.mint({
    subject: actor.boundTo ?? actor.name,
    audience: resource,
    principalId: actor.id,
    lifetimeMs: managedIdentityLifetimeMs,
    ...(actor.boundTo === undefined ? {} : { boundTo: actor.boundTo }),
    ...(actor.credentialId === undefined ? {} : { credentialId: actor.credentialId }),
    ...(actor.tokenScopes === undefined ? {} : { scopes: actor.tokenScopes }),
  })
  return ok({
    access_token: minted.token,
    expires_on: String(Math.floor(minted.expiresAt.getTime() / 1000)),
    resource,
    token_type: 'Bearer',
  })
}
