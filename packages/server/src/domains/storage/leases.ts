import { storageError, type StorageError } from './storage-error.ts'

/** Leases of blobs and containers as Azure has them; pure. Times are ISO texts, so that a lease is a JSON value. */
export interface Lease {
  readonly id: string
  /** Seconds, 15 to 60; -1 = without end. */
  readonly durationSeconds: number
  /** Absent for a lease without end. */
  readonly expiresAt?: string
  /** Set once it was broken: from then on it is free. */
  readonly breaksAt?: string
}

export type LeaseState = 'available' | 'leased' | 'expired' | 'breaking' | 'broken'

export function leaseState(lease: Lease | undefined, now: Date): LeaseState {
  if (lease === undefined) return 'available'
  if (lease.breaksAt !== undefined) return now.getTime() < Date.parse(lease.breaksAt) ? 'breaking' : 'broken'
  return lease.expiresAt === undefined || now.getTime() < Date.parse(lease.expiresAt) ? 'leased' : 'expired'
}

/** The lease whose id writes need. */
function heldLease(lease: Lease | undefined, now: Date): Lease | undefined {
  return ['leased', 'breaking'].includes(leaseState(lease, now)) ? lease : undefined
}

export type LeaseRequest =
  | { readonly action: 'acquire'; readonly durationSeconds: number; readonly proposedId: string }
  | { readonly action: 'renew' | 'release'; readonly leaseId: string }
  | { readonly action: 'change'; readonly leaseId: string; readonly proposedId: string }
  | { readonly action: 'break'; readonly breakSeconds: number | undefined }

export interface LeaseOutcome {
  readonly lease: Lease | undefined
  /** Seconds until a broken lease is free. */
  readonly remainingSeconds?: number
}

/** The lease after a request. @throws StorageError 409 with the code that Azure gives for the state */
export function changeLease(lease: Lease | undefined, request: LeaseRequest, now: Date): LeaseOutcome {
  switch (request.action) {
    case 'acquire':
      return acquire(lease, request, now)
    case 'renew':
      return renew(lease, request.leaseId, now)
    case 'change':
      return change(lease, request, now)
    case 'release':
      return release(lease, request.leaseId)
    case 'break':
      return breakLease(lease, request.breakSeconds, now)
  }
}

const clash = (code: string, message: string): StorageError => storageError(409, code, message)

function granted(id: string, durationSeconds: number, now: Date): Lease {
  if (durationSeconds === -1) return { id, durationSeconds }
  return { id, durationSeconds, expiresAt: new Date(now.getTime() + durationSeconds * 1_000).toISOString() }
}

function acquire(
  lease: Lease | undefined,
  request: { readonly durationSeconds: number; readonly proposedId: string },
  now: Date,
): LeaseOutcome {
  const { durationSeconds, proposedId } = request
  if (durationSeconds !== -1 && !(durationSeconds >= 15 && durationSeconds <= 60))
    throw storageError(400, 'InvalidHeaderValue', 'x-ms-lease-duration is -1 or 15 to 60 seconds.', 'x-ms-lease-duration')
  const state = leaseState(lease, now)
  if (state === 'breaking')
    throw clash('LeaseIsBreakingAndCannotBeAcquired', 'The lease is being broken; wait until it has ended.')
  if (state === 'leased' && lease?.id !== proposedId)
    throw clash('LeaseAlreadyPresent', 'There is a lease already, held under another id.')
  return { lease: granted(proposedId, durationSeconds, now) }
}

function renew(lease: Lease | undefined, leaseId: string, now: Date): LeaseOutcome {
  if (lease === undefined || lease.id !== leaseId) throw otherLease(lease)
  if (lease.breaksAt !== undefined)
    throw clash('LeaseIsBrokenAndCannotBeRenewed', 'The lease was broken and cannot be renewed; acquire a new one.')
  return { lease: granted(lease.id, lease.durationSeconds, now) }
}

function change(
  lease: Lease | undefined,
  request: { readonly leaseId: string; readonly proposedId: string },
  now: Date,
): LeaseOutcome {
  const state = leaseState(lease, now)
  if (lease === undefined || state === 'expired' || state === 'broken')
    throw clash('LeaseNotPresentWithLeaseOperation', 'There is no lease to change.')
  if (state === 'breaking') throw clash('LeaseIsBreakingAndCannotBeChanged', 'The lease is being broken and cannot be changed.')
  // Asking again with the new id is a retry of what was done.
  if (lease.id !== request.leaseId && lease.id !== request.proposedId) throw otherLease(lease)
  return { lease: { ...lease, id: request.proposedId } }
}

function release(lease: Lease | undefined, leaseId: string): LeaseOutcome {
  if (lease === undefined || lease.id !== leaseId) throw otherLease(lease)
  return { lease: undefined }
}

function breakLease(lease: Lease | undefined, breakSeconds: number | undefined, now: Date): LeaseOutcome {
  if (breakSeconds !== undefined && !(breakSeconds >= 0 && breakSeconds <= 60))
    throw storageError(400, 'InvalidHeaderValue', 'x-ms-lease-break-period is 0 to 60 seconds.', 'x-ms-lease-break-period')
  if (lease === undefined) throw clash('LeaseNotPresentWithLeaseOperation', 'There is no lease to break.')
  const end = lease.breaksAt ?? lease.expiresAt
  const left = end === undefined ? undefined : Math.max(0, (Date.parse(end) - now.getTime()) / 1_000)
  const wanted = breakSeconds ?? left ?? 0
  const seconds = Math.ceil(left === undefined ? wanted : Math.min(wanted, left))
  return {
    lease: { ...lease, breaksAt: new Date(now.getTime() + seconds * 1_000).toISOString() },
    remainingSeconds: seconds,
  }
}

function otherLease(lease: Lease | undefined): StorageError {
  return lease === undefined
    ? clash('LeaseIdMismatchWithLeaseOperation', 'There is no lease of this id.')
    : clash('LeaseIdMismatchWithLeaseOperation', 'The lease is held under another id.')
}

/**
 * Refuses a write that a lease forbids, and any request that names a lease that is not there.
 * @param what `Blob` or `Container`, part of Azure's codes
 * @param needsLease false for reads, which may name a lease but need none
 */
export function requireLease(
  lease: Lease | undefined,
  given: string | undefined,
  options: { readonly what: 'Blob' | 'Container'; readonly needsLease: boolean; readonly now: Date },
): void {
  const { what, needsLease, now } = options
  const held = heldLease(lease, now)
  if (given === undefined) {
    if (held !== undefined && needsLease)
      throw storageError(412, 'LeaseIdMissing', `The ${what.toLowerCase()} has a lease; send its id as x-ms-lease-id.`)
    return
  }
  if (held === undefined && lease?.id === given)
    throw storageError(412, 'LeaseLost', 'The lease has ended; acquire it again before writing under its id.')
  if (held === undefined)
    throw storageError(412, `LeaseNotPresentWith${what}Operation`, `There is no lease on the ${what.toLowerCase()}.`)
  if (held.id.toLowerCase() !== given.toLowerCase())
    throw storageError(412, `LeaseIdMismatchWith${what}Operation`, 'x-ms-lease-id is not the id of the lease.')
}
