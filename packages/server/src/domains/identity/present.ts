import { principalCollections, type Principal, type PrincipalCollection } from '@fulcrum/contract'
import type { CredentialRow, PrincipalRow } from './store.ts'

/** What a client sees of principals and credentials; hashes stay inside. */

const collectionOfKind: Readonly<Record<string, PrincipalCollection>> = Object.fromEntries(
  Object.entries(principalCollections).map(([collection, { kind }]) => [kind, collection as PrincipalCollection]),
)

export function presentPrincipal(subscriptionId: string, row: PrincipalRow): Principal {
  const collection = collectionOfKind[row.kind] ?? 'servicePrincipals'
  return {
    id: `/subscriptions/${subscriptionId}/providers/Fulcrum.Identity/${collection}/${row.name}`,
    name: row.name,
    type: `Fulcrum.Identity/${collection}`,
    properties: {
      principalId: row.id,
      principalType: row.kind,
      displayName: row.display_name,
      ...(row.email === null ? {} : { email: row.email }),
      ...(row.application_id === null ? {} : { applicationId: row.application_id }),
      enabled: row.enabled,
      createdAt: row.created_at.toISOString(),
    },
  }
}

export function presentCredential(row: CredentialRow) {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.toISOString() }),
    ...(row.scopes === null ? {} : { scopes: row.scopes }),
  }
}
