import { storageError } from './storage-error.ts'

/** Access tiers of a blob; pure. A blob without a record is Hot by the account's default. */
export interface TierRecord {
  readonly tier: AccessTier
  readonly changedAt: string
  /** Set while an archived blob is brought back. */
  readonly rehydration?: {
    readonly to: 'Hot' | 'Cool' | 'Cold'
    readonly priority: 'Standard' | 'High'
    /** From this moment on it can be read. */
    readonly readyAt: string
  }
}

const tiers = ['Hot', 'Cool', 'Cold', 'Archive'] as const
export type AccessTier = (typeof tiers)[number]

/** @throws InvalidHeaderValue */
export function accessTier(text: string | undefined): AccessTier | undefined {
  if (text === undefined) return undefined
  const found = tiers.find((tier) => tier.toLowerCase() === text.toLowerCase())
  if (found === undefined)
    throw storageError(
      400,
      'InvalidHeaderValue',
      `'${text}' is no access tier; there are ${tiers.join(', ')}.`,
      'x-ms-access-tier',
    )
  return found
}

/** The tier as it is now: a rehydration that is due has happened. */
export function tierNow(record: TierRecord | undefined, now: Date): TierRecord | undefined {
  const rehydration = record?.rehydration
  if (rehydration === undefined || now.getTime() < Date.parse(rehydration.readyAt)) return record
  return { tier: rehydration.to, changedAt: rehydration.readyAt }
}

export function isArchived(record: TierRecord | undefined, now: Date): boolean {
  return tierNow(record, now)?.tier === 'Archive'
}

/** `rehydrate-pending-to-hot`, while it is so. */
export function archiveStatus(record: TierRecord | undefined): string | undefined {
  return record?.rehydration === undefined ? undefined : `rehydrate-pending-to-${record.rehydration.to.toLowerCase()}`
}

/**
 * The record after Set Blob Tier.
 * @returns accepted = the change is under way (202) rather than done (200)
 * @throws StorageError 409 the blob is on its way to another tier
 */
export function changeTier(
  record: TierRecord | undefined,
  request: {
    readonly tier: AccessTier
    readonly priority: 'Standard' | 'High'
    readonly rehydrationMs: number
    readonly now: Date
  },
): { readonly record: TierRecord; readonly accepted: boolean } {
  const { tier, priority, rehydrationMs, now } = request
  const current = tierNow(record, now)
  const done = { record: { tier, changedAt: now.toISOString() }, accepted: false }
  if (current?.tier !== 'Archive') return done
  if (tier === 'Archive' && current.rehydration === undefined) return { record: current, accepted: false }
  if (current.rehydration !== undefined && current.rehydration.to !== tier)
    throw storageError(
      409,
      'BlobBeingRehydrated',
      `The blob is being rehydrated to ${current.rehydration.to}; another tier can be set when that is done.`,
    )
  if (tier === 'Archive') return done
  const fasterMs = priority === 'High' ? rehydrationMs / 10 : rehydrationMs
  const wanted = now.getTime() + fasterMs
  const readyAt = current.rehydration === undefined ? wanted : Math.min(wanted, Date.parse(current.rehydration.readyAt))
  return {
    record: { ...current, rehydration: { to: tier, priority, readyAt: new Date(readyAt).toISOString() } },
    accepted: true,
  }
}
