import { createHmac } from 'node:crypto'
import type { Context } from '../../../context.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'

/**
 * Keys of storage accounts and of delegation. All are derived from the root key, so none is stored and a backup of the database
 * gives none away.
 */

export const accountKeyNames = ['key1', 'key2'] as const
export type AccountKeyName = (typeof accountKeyNames)[number]

/** 64 bytes in base64, as Azure's; another one after each regeneration, and for an account that was made anew. */
export function accountKey(ctx: Pick<Context, 'rootKey'>, account: StoredResource, name: AccountKeyName): string {
  const generation = generationsOf(account)[name]
  return createHmac('sha512', ctx.rootKey.key)
    .update(['storage account key', account.id.toLowerCase(), account.createdAt.toISOString(), name, generation].join('\0'))
    .digest('base64')
}

export function generationsOf(account: StoredResource): Record<AccountKeyName, number> {
  const stored = (account.status['keyGenerations'] ?? {}) as Partial<Record<AccountKeyName, number>>
  return { key1: stored.key1 ?? 1, key2: stored.key2 ?? 1 }
}

/** What a delegation key was made for; all of it travels in the signature's URL. */
export interface DelegationKeyMembers {
  readonly objectId: string
  readonly tenantId: string
  readonly startsOn: string
  readonly expiresOn: string
  readonly service: string
  readonly version: string
}

/**
 * The key with which a principal signs for itself, or (`platform`) with which the platform signs for it. What the first allows ends at the
 * rights of the principal; the second allows what it says.
 */
export function delegationKey(
  ctx: Pick<Context, 'rootKey'>,
  account: string,
  members: DelegationKeyMembers,
  maker: 'principal' | 'platform',
): string {
  const { objectId, tenantId, startsOn, expiresOn, service, version } = members
  return createHmac('sha256', ctx.rootKey.key)
    .update(['delegation key', maker, account, objectId, tenantId, startsOn, expiresOn, service, version].join('\0'))
    .digest('base64')
}

/** HMAC-SHA256 under a key in base64, in base64. */
export function signText(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64')
}
