import type { SignedRequest } from '../../../kernel/http/index.ts'
import { storageError, type StorageError } from '../storage-error.ts'

type Query = Pick<URLSearchParams, 'get'>

/** Accepted difference of clocks before the start. */
const skewMs = 60_000
/** `2026-01-31`, `…T08:30Z` or `…T08:30:00[.0000000]Z`, as signatures write times. */
const timePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?Z)?$/

/** @throws StorageError 403 the signature is not valid yet, has expired, or says neither */
export function requireTimes(query: Query, now: Date): void {
  const [start, end] = [query.get('st'), query.get('se')]
  if (end === null) throw refused('It has no expiry (se).')
  if (start !== null && !(timeOf(start) <= now.getTime() + skewMs)) throw refused('It is not valid yet.')
  if (!(now.getTime() < timeOf(end)))
    throw refused(`It expired at ${end}; ask for a new one (datastore listSecrets, or sign anew).`)
  if ((query.get('sp') ?? '') === '') throw refused('It has no permissions (sp).')
}

function timeOf(text: string): number {
  return timePattern.test(text) ? Date.parse(text) : Number.NaN
}

/** @throws StorageError 403 the signature is for HTTPS only, or for other addresses */
export function requireOrigin(query: Query, request: Pick<SignedRequest, 'protocol' | 'remoteAddress'>): void {
  const protocols = query.get('spr')
  if (protocols !== null && !protocols.split(',').includes(request.protocol))
    throw storageError(403, 'AuthorizationProtocolMismatch', `The signature is for ${protocols} only.`)
  const range = query.get('sip')
  if (range !== null && !isInRange(request.remoteAddress, range))
    throw storageError(403, 'AuthorizationSourceIPMismatch', `The signature is for requests from ${range} only.`)
}

/** IPv4, one address or `first-last`, as Azure has it. */
function isInRange(address: string, range: string): boolean {
  const [first = '', last = first] = range.split('-')
  const [low, value, high] = [numberOf(first), numberOf(address.replace(/^::ffff:/i, '')), numberOf(last)]
  return low !== undefined && value !== undefined && high !== undefined && low <= value && value <= high
}

function numberOf(address: string): number | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

function refused(reason: string): StorageError {
  return storageError(
    403,
    'AuthenticationFailed',
    `Server failed to authenticate the request: the signature is not valid. ${reason}`,
  )
}
