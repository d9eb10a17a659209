import { z } from 'zod'
import { operation } from './operation.ts'

/**
 * The part of the Microsoft identity platform that azure-identity and MSAL need of an authority: discovery, the token
 * endpoint in both versions, and the device code flow. Bodies are forms; errors are those of RFC 6749.
 */

const open = { action: 'public', dialect: 'platform' } as const
const form = { bodyKind: 'stream', bodyLimitBytes: 16_384 } as const

export const oauthOperations = {
  instanceDiscovery: operation({
    id: 'oauth.instanceDiscovery',
    method: 'GET',
    path: '/common/discovery/instance',
    ...open,
    summary: 'Says that this host is an authority, and where a tenant describes itself.',
    query: z.looseObject({ authorization_endpoint: z.string().max(2048).optional() }),
  }),
  configuration: operation({
    id: 'oauth.configuration',
    method: 'GET',
    path: '/{tenantId}/v2.0/.well-known/openid-configuration',
    ...open,
    summary: 'OpenID Connect discovery of the tenant.',
  }),
  configurationV1: operation({
    id: 'oauth.configurationV1',
    method: 'GET',
    path: '/{tenantId}/.well-known/openid-configuration',
    ...open,
    summary: 'OpenID Connect discovery of the tenant, for clients of the first version.',
  }),
  keys: operation({
    id: 'oauth.keys',
    method: 'GET',
    path: '/{tenantId}/discovery/v2.0/keys',
    aliases: ['/{tenantId}/discovery/keys'],
    ...open,
    summary: 'Public keys that verify tokens of this tenant.',
  }),
  token: operation({
    id: 'oauth.token',
    method: 'POST',
    path: '/{tenantId}/oauth2/v2.0/token',
    ...open,
    ...form,
    success: [200, 400, 401, 429],
    summary: 'Tokens for a service principal with its secret, for an approved device code, or for a refresh token.',
  }),
  tokenV1: operation({
    id: 'oauth.tokenV1',
    method: 'POST',
    path: '/{tenantId}/oauth2/token',
    ...open,
    ...form,
    success: [200, 400, 401, 429],
    summary: 'As the token endpoint of the second version, with `resource` instead of `scope`.',
  }),
  deviceCode: operation({
    id: 'oauth.deviceCode',
    method: 'POST',
    path: '/{tenantId}/oauth2/v2.0/devicecode',
    aliases: ['/{tenantId}/oauth2/devicecode'],
    ...open,
    ...form,
    success: [200, 400, 429],
    summary: 'Starts a sign-in on a device without a browser: a code that a signed-in user approves elsewhere.',
  }),
  devicePage: operation({
    id: 'oauth.devicePage',
    method: 'GET',
    path: '/device',
    ...open,
    summary: 'The page on which a signed-in user approves a device code.',
  }),
  describeDevice: operation({
    id: 'oauth.describeDevice',
    method: 'GET',
    path: '/auth/device/{userCode}',
    action: 'authenticated',
    dialect: 'platform',
    summary: 'What a device code asks for, so that it is approved knowingly.',
    response: z.looseObject({ userCode: z.string(), clientId: z.string(), audience: z.string(), expiresAt: z.string() }),
  }),
  approveDevice: operation({
    id: 'oauth.approveDevice',
    method: 'POST',
    path: '/auth/device/{userCode}',
    action: 'authenticated',
    dialect: 'platform',
    summary: 'Approves or refuses a device code; approved, the device acts as the caller.',
    body: z.object({ approve: z.boolean() }),
    example: { approve: true },
    response: z.looseObject({ userCode: z.string(), state: z.string() }),
  }),
}
