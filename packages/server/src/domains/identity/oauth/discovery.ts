import { unauthenticated } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { isOurAddress } from '../issuer/workload-tokens.ts'
import { OAuthError } from './oauth-error.ts'

const anyTenant = ['common', 'organizations']

/** The tenant of a path. @throws OAuthError for one that is not of this instance */
export function tenantOf(ctx: Context, named: string): string {
  const { tenantId } = ctx.config
  if (named.toLowerCase() === tenantId || anyTenant.includes(named.toLowerCase())) return tenantId
  throw new OAuthError('invalid_tenant', `Tenant '${named.slice(0, 100)}' was not found; this instance has '${tenantId}'.`, {
    number: 90002,
  })
}

/** `iss` of tokens from the token endpoint, as the discovery document at the same address names it. */
export function tenantIssuer(ctx: Context, origin: string): string {
  return `${origin}/${ctx.config.tenantId}/v2.0`
}

/** OpenID Connect discovery of the tenant, with the addresses under which the caller reached us. */
export function tenantConfiguration(ctx: Context, named: string, origin: string, version: 1 | 2) {
  const base = `${origin}/${tenantOf(ctx, named)}`
  const oauth = version === 2 ? `${base}/oauth2/v2.0` : `${base}/oauth2`
  const { host } = new URL(origin)
  return {
    issuer: tenantIssuer(ctx, origin),
    // Required by RFC 8414 and by MSAL; there is no page behind it, since the device code flow serves people.
    authorization_endpoint: `${oauth}/authorize`,
    token_endpoint: `${oauth}/token`,
    device_authorization_endpoint: `${oauth}/devicecode`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    grant_types_supported: ['client_credentials', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types_supported: ['id_token', 'token'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: ['openid', 'profile', 'offline_access'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'oid', 'tid', 'name', 'preferred_username', 'ver'],
    tenant_region_scope: 'NA',
    cloud_instance_name: host,
    cloud_graph_host_name: host,
    msgraph_host: host,
  }
}

/** What MSAL asks before it trusts an authority that it does not know. */
export function instanceDiscovery(ctx: Context, origin: string, authorizationEndpoint: string | undefined) {
  if (authorizationEndpoint !== undefined && !isOurAddress(ctx, authorizationEndpoint)) throw unauthenticated()
  const { host } = new URL(origin)
  return {
    tenant_discovery_endpoint: `${origin}/${ctx.config.tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  }
}
