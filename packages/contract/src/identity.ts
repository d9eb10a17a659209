import { z } from 'zod'
import { operation } from './operation.ts'

/** Principals (users, groups, service principals), their credentials, sign-in, and the platform as issuer of workload tokens. */

const subscription = '/subscriptions/{subscriptionId}'
const identityBase = `${subscription}/providers/Fulcrum.Identity`
const namespace = 'Fulcrum.Identity'

/** Names of principals: as on a mail address, left of the `@` or whole. */
export const principalNamePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/

export const principalProperties = z.looseObject({
  displayName: z.string().min(1).max(200).nullish(),
  email: z.email().max(320).nullish(),
  /** `false`: the principal keeps its roles but none of its credentials works. */
  enabled: z.boolean().nullish(),
})
export type PrincipalProperties = z.output<typeof principalProperties>

export const principalSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  properties: z.looseObject({
    principalId: z.string(),
    displayName: z.string(),
    email: z.string().optional(),
    enabled: z.boolean(),
    createdAt: z.string(),
  }),
})
export type Principal = z.infer<typeof principalSchema>

const principalBody = z.looseObject({ properties: principalProperties.default({}) })
const pageQuery = z.looseObject({
  $top: z.coerce.number().int().min(1).max(1000).optional(),
  $skipToken: z.string().max(2048).optional(),
})
const principalList = z.object({ value: z.array(principalSchema), nextLink: z.string().nullable() })

const credentialSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  lastUsedAt: z.string().optional(),
  scopes: z.array(z.string()).optional(),
})
const issuedCredentialSchema = credentialSchema.extend({
  /** Shown once; only its hash is stored. */
  token: z.string(),
})

/** Collections of principals with the kind they hold. */
export const principalCollections = {
  users: { kind: 'User', title: 'User', parameter: 'userName' },
  groups: { kind: 'Group', title: 'Group', parameter: 'groupName' },
  servicePrincipals: { kind: 'ServicePrincipal', title: 'Service principal', parameter: 'servicePrincipalName' },
} as const
export type PrincipalCollection = keyof typeof principalCollections

/** The five operations of one collection. A principal is addressed by its name or by its `principalId`. */
export function principalOperations(collection: PrincipalCollection) {
  const { title, parameter } = principalCollections[collection]
  const list = `${identityBase}/${collection}`
  const item = `${list}/{${parameter}}`
  const action = `${namespace}/${collection}`
  const lower = title.toLowerCase()
  const example = { properties: { displayName: 'Ana', enabled: true } }
  return {
    list: operation({
      id: `${collection}.list`,
      method: 'GET',
      path: list,
      scope: subscription,
      summary: `Lists each ${lower}, by name.`,
      action: `${action}/read`,
      query: pageQuery,
      response: principalList,
    }),
    get: operation({
      id: `${collection}.get`,
      method: 'GET',
      path: item,
      summary: `Gets one ${lower}.`,
      action: `${action}/read`,
      response: principalSchema,
    }),
    put: operation({
      id: `${collection}.createOrUpdate`,
      method: 'PUT',
      path: item,
      summary: `Creates or changes one ${lower}.`,
      action: `${action}/write`,
      body: principalBody,
      response: principalSchema,
      success: [200, 201],
      example,
    }),
    patch: operation({
      id: `${collection}.update`,
      method: 'PATCH',
      path: item,
      summary: `Changes members of one ${lower}; \`enabled: false\` shuts it out at once.`,
      action: `${action}/write`,
      body: principalBody,
      response: principalSchema,
      example,
      errors: ['LastOwner'],
    }),
    delete: operation({
      id: `${collection}.delete`,
      method: 'DELETE',
      path: item,
      summary: `Deletes one ${lower} with its credentials, memberships and role assignments.`,
      action: `${action}/delete`,
      success: [200, 204],
      errors: ['LastOwner'],
    }),
  }
}

export const userOperations = principalOperations('users')
export const groupOperations = principalOperations('groups')
export const servicePrincipalOperations = principalOperations('servicePrincipals')

const group = `${identityBase}/groups/{groupName}`
const user = `${identityBase}/users/{userName}`
const servicePrincipal = `${identityBase}/servicePrincipals/{servicePrincipalName}`

export const membershipOperations = {
  listMembers: operation({
    id: 'groups.listMembers',
    method: 'GET',
    path: `${group}/members`,
    scope: group,
    summary: 'Lists the direct members of a group.',
    action: `${namespace}/groups/read`,
    response: principalList,
  }),
  addMember: operation({
    id: 'groups.addMember',
    method: 'PUT',
    path: `${group}/members/{memberName}`,
    scope: group,
    summary: 'Adds a user, group or service principal to a group. The caller must be able to grant what the group holds.',
    action: `${namespace}/groups/members/write`,
    success: [200, 201],
    response: principalSchema,
  }),
  removeMember: operation({
    id: 'groups.removeMember',
    method: 'DELETE',
    path: `${group}/members/{memberName}`,
    scope: group,
    summary: 'Removes a direct member from a group.',
    action: `${namespace}/groups/members/delete`,
    success: [200, 204],
    errors: ['LastOwner'],
  }),
}

export const secretOperations = {
  issueUserCredential: operation({
    id: 'users.issueCredential',
    method: 'POST',
    path: `${user}/credentials`,
    scope: user,
    summary: 'Issues a token with which its holder acts as the user: how an administrator lets somebody in. Audited.',
    action: `${namespace}/users/credentials/write`,
    success: [201],
    response: issuedCredentialSchema,
    body: z.object({
      name: z.string().min(1).max(100).default('invitation'),
      expiresInDays: z.number().min(0.0001).max(366).default(1),
    }),
    example: { name: 'invitation', expiresInDays: 7 },
  }),
  listSecrets: operation({
    id: 'servicePrincipals.listSecrets',
    method: 'GET',
    path: `${servicePrincipal}/credentials`,
    scope: servicePrincipal,
    summary: 'Lists the secrets of a service principal, never their values.',
    action: `${namespace}/servicePrincipals/credentials/read`,
    response: z.object({ value: z.array(credentialSchema), nextLink: z.null() }),
  }),
  addSecret: operation({
    id: 'servicePrincipals.addSecret',
    method: 'POST',
    path: `${servicePrincipal}/credentials`,
    scope: servicePrincipal,
    summary: 'Issues a secret; two may live at a time, so that one can be rotated while the other works.',
    action: `${namespace}/servicePrincipals/credentials/write`,
    success: [201],
    response: issuedCredentialSchema,
    body: z.object({
      name: z.string().min(1).max(100).default('secret'),
      expiresInDays: z.number().min(0.0001).max(366).default(180),
    }),
    example: { name: 'pipeline', expiresInDays: 90 },
  }),
  deleteSecret: operation({
    id: 'servicePrincipals.deleteSecret',
    method: 'DELETE',
    path: `${servicePrincipal}/credentials/{credentialId}`,
    scope: servicePrincipal,
    summary: 'Revokes a secret at once.',
    action: `${namespace}/servicePrincipals/credentials/delete`,
    success: [200, 204],
  }),
}

export const sessionSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  displayName: z.string(),
  email: z.string().optional(),
  kind: z.string(),
  groups: z.array(z.object({ id: z.string(), name: z.string() })),
  subscriptionId: z.string(),
  tenantId: z.string(),
  /** Workspaces that the caller may read; `environment` is the label of its resource group, e.g. `prod`. */
  workspaces: z.array(
    z.object({ id: z.string(), name: z.string(), resourceGroup: z.string(), environment: z.string().optional() }),
  ),
})
export type Session = z.infer<typeof sessionSchema>

export const signInOperations = {
  signIn: operation({
    id: 'auth.signIn',
    method: 'POST',
    path: '/auth/session',
    action: 'public',
    dialect: 'platform',
    success: [200],
    summary: 'Exchanges a sign-in link token or a personal access token for a session cookie.',
    body: z.object({ token: z.string().min(1).max(200) }),
    example: { token: 'flc_set_…' },
    response: z.looseObject({ expiresAt: z.string() }),
  }),
  signOut: operation({
    id: 'auth.signOut',
    method: 'DELETE',
    path: '/auth/session',
    action: 'authenticated',
    dialect: 'platform',
    success: [204],
    summary: 'Ends the session.',
  }),
  me: operation({
    id: 'auth.me',
    method: 'GET',
    path: '/auth/me',
    action: 'authenticated',
    dialect: 'platform',
    response: sessionSchema,
    summary: 'Who the caller is: groups, and the workspaces it may read.',
  }),
  listTokens: operation({
    id: 'auth.listTokens',
    method: 'GET',
    path: '/auth/tokens',
    action: 'authenticated',
    dialect: 'platform',
    summary: "Lists the caller's personal access tokens, never their values.",
    response: z.object({ value: z.array(credentialSchema), nextLink: z.null() }),
  }),
  createToken: operation({
    id: 'auth.createToken',
    method: 'POST',
    path: '/auth/tokens',
    action: 'authenticated',
    dialect: 'platform',
    success: [201],
    summary: 'Issues a personal access token, never wider than the token that asks.',
    body: z.object({
      name: z.string().min(1).max(100),
      /** Action patterns that narrow the token; absent = everything the caller may. */
      scopes: z.array(z.string().min(1).max(512)).min(1).max(100).optional(),
      expiresInDays: z.number().min(0.0001).max(366),
    }),
    example: { name: 'laptop', scopes: ['Microsoft.MachineLearningServices/*/read'], expiresInDays: 30 },
    response: issuedCredentialSchema,
  }),
  revokeToken: operation({
    id: 'auth.revokeToken',
    method: 'DELETE',
    path: '/auth/tokens/{tokenId}',
    action: 'authenticated',
    dialect: 'platform',
    success: [204],
    summary: "Revokes one of the caller's tokens, and the sessions it opened, at once.",
  }),
}

export const issuerOperations = {
  discovery: operation({
    id: 'issuer.configuration',
    method: 'GET',
    path: '/.well-known/openid-configuration',
    action: 'public',
    dialect: 'platform',
    summary: 'OpenID Connect discovery: who issues the tokens of workloads.',
  }),
  keys: operation({
    id: 'issuer.keys',
    method: 'GET',
    path: '/.well-known/jwks.json',
    action: 'public',
    dialect: 'platform',
    summary: 'Public keys that verify the tokens of workloads.',
  }),
  managedIdentityToken: operation({
    id: 'issuer.managedIdentityToken',
    method: 'GET',
    path: '/msi/token',
    action: 'public',
    dialect: 'platform',
    summary:
      'A token for a workload, as the App Service identity endpoint gives it; the header X-IDENTITY-HEADER carries its credential.',
    query: z.looseObject({ resource: z.string().min(1).max(256), 'api-version': z.string().optional() }),
    response: z.object({
      access_token: z.string(),
      expires_on: z.string(),
      resource: z.string(),
      token_type: z.literal('Bearer'),
    }),
  }),
}

const prefixed = (prefix: string, operations: Readonly<Record<string, ReturnType<typeof operation>>>) =>
  Object.fromEntries(Object.entries(operations).map(([name, entry]) => [`${prefix}.${name}`, entry]))

/** All operations of this noun, for the operation table. */
export const identityOperations = {
  ...prefixed('users', userOperations),
  ...prefixed('groups', groupOperations),
  ...prefixed('servicePrincipals', servicePrincipalOperations),
  ...membershipOperations,
  ...secretOperations,
  ...signInOperations,
  ...issuerOperations,
}
