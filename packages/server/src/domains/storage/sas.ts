import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from '../../context.ts'
import { actorOfPrincipal, type Actor, type StorageGrant } from '../../kernel/auth/index.ts'
import { StorageError } from './storage-error.ts'

/**
 * Shared access signatures in Azure's user-delegation style: made for a principal, bound to a container (and a prefix), permissions
 * and at most an hour. The key is derived from the root key; the principal's end ends its signatures.
 */

const version = '2021-12-02'
export const longestSasMs = 3_600_000
/** Accepted difference of clocks before the start. */
const skewMs = 60_000

export interface SasDraft extends StorageGrant {
  readonly principalId: string
  readonly lifetimeMs: number
}

/** The query text of a signature, without a leading `?`. */
export function signSas(ctx: Pick<Context, 'rootKey' | 'clock'>, draft: SasDraft): string {
  const now = ctx.clock.now().getTime()
  const members = {
    sv: version,
    sr: draft.prefix === '' ? 'c' : 'd',
    sp: draft.permissions,
    st: isoSeconds(now - skewMs),
    se: isoSeconds(now + Math.min(draft.lifetimeMs, longestSasMs)),
    skoid: draft.principalId,
    ...(draft.prefix === '' ? {} : { spx: draft.prefix }),
  }
  const query = new URLSearchParams(members)
  query.set('sig', signature(ctx, draft, query))
  return query.toString()
}

/**
 * The actor of a signed storage URL; `undefined` when the path is not storage or nothing is signed.
 * @throws AuthenticationFailed (403) for a signature that is wrong, not valid yet, expired, or of a principal that is gone
 */
export async function verifySas(ctx: Context, url: string): Promise<Actor | undefined> {
  const [path = '', search = ''] = splitOnce(url, '?')
  const match = /^\/store\/([^/]+)\/([^/]+)(?:\/|$)/i.exec(path)
  const query = new URLSearchParams(search)
  const given = query.get('sig')
  if (match === null || given === null) return undefined
  const grant = {
    account: accountOfHost(match[1] ?? ''),
    container: match[2] ?? '',
    prefix: query.get('spx') ?? '',
    permissions: query.get('sp') ?? '',
  }
  const expected = signature(ctx, grant, query)
  if (!sameText(expected, given)) throw refused('The signature does not fit this URL.')
  requireInTime(query, ctx.clock.now().getTime())
  const principalId = query.get('skoid') ?? ''
  const principal = principalId === 'system' ? platform : await actorOfPrincipal(ctx.db.kysely, principalId)
  if (principal === undefined) throw refused('The signature was made for a principal that is gone or disabled.')
  // No action is inside an empty scope list: whatever is not the blob handler refuses this actor.
  return { ...principal, tokenScopes: [], storageGrant: grant }
}

/** Signatures that the platform makes for its own links; unlike the system actor it passes no other check. */
const platform: Actor = { id: 'system', name: 'fulcrum', kind: 'ManagedIdentity', groups: [] }

function requireInTime(query: URLSearchParams, now: number): void {
  const [start, end] = [Date.parse(query.get('st') ?? ''), Date.parse(query.get('se') ?? '')]
  if (!(start <= now + skewMs)) throw refused('The signature is not valid yet.')
  if (!(now < end)) throw refused(`The signature expired at ${query.get('se')}; ask for a new one (datastore listSecrets).`)
}

/** `account` of `account.blob.any.suffix`, lower case. */
export function accountOfHost(host: string): string {
  return (host.split('.')[0] ?? '').toLowerCase()
}

function signature(
  ctx: Pick<Context, 'rootKey'>,
  grant: Pick<StorageGrant, 'account' | 'container'>,
  query: URLSearchParams,
): string {
  const key = createHmac('sha256', ctx.rootKey.key).update('storage access signatures').digest()
  const signed = ['sv', 'sr', 'sp', 'st', 'se', 'skoid', 'spx'].map((name) => query.get(name) ?? '')
  return createHmac('sha256', key)
    .update(JSON.stringify([grant.account, grant.container, ...signed]))
    .digest('base64')
}

function sameText(left: string, right: string): boolean {
  const [first, second] = [Buffer.from(left), Buffer.from(right)]
  return first.length === second.length && timingSafeEqual(first, second)
}

function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function refused(reason: string): StorageError {
  return new StorageError('AuthorizationFailed', 'AuthenticationFailed', `Server failed to authenticate the request. ${reason}`)
}
