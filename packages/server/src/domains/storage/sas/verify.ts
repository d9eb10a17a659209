import { timingSafeEqual } from 'node:crypto'
import type { Context } from '../../../context.ts'
import { actorOfPrincipal, type Actor, type StorageGrant } from '../../../kernel/auth/index.ts'
import type { SignedRequest } from '../../../kernel/http/index.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { findAccount } from '../accounts.ts'
import { readContainer } from '../container-store.ts'
import { storageError, type StorageError } from '../storage-error.ts'
import { storageAddressOf, type StorageAddress } from './address.ts'
import { accountKey, accountKeyNames, delegationKey, signText } from './keys.ts'
import { sharedKeyTexts } from './shared-key.ts'
import { accountSasText, canonicalName, delegationSasText, serviceSasText } from './string-to-sign.ts'
import { requireOrigin, requireTimes } from './validity.ts'

/** All that a key of an account allows. */
const everything = { permissions: 'racwdxyltfmeopi', levels: 'sco', prefix: '' }
const longestDelegationMs = 7 * 86_400_000
/** Accepted difference of clocks of a signed request. */
const requestSkewMs = 15 * 60_000

/**
 * The actor of a request to the storage protocols that is signed: by the key of the account (`SharedKey`), or by a shared access signature of
 * the account, service or user-delegation kind.
 * @returns `undefined` when the path is not storage or nothing is signed
 * @throws StorageError 403 AuthenticationFailed for a signature that is wrong, not valid now, or of a principal that is gone
 */
export async function verifySigned(ctx: Context, request: SignedRequest): Promise<Actor | undefined> {
  const at = request.url.indexOf('?')
  const address = storageAddressOf(at < 0 ? request.url : request.url.slice(0, at))
  if (address === undefined) return undefined
  const header = request.headers.authorization
  if (header !== undefined) return byKey(ctx, request, address, header)
  const query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1))
  const given = query.get('sig')
  if (given === null) return undefined
  const signature = { query, given, address, request }
  if (query.get('srt') !== null) return byAccountSas(ctx, signature)
  return query.get('skoid') === null ? byServiceSas(ctx, signature) : byDelegation(ctx, signature)
}

interface Signature {
  readonly query: URLSearchParams
  readonly given: string
  readonly address: StorageAddress
  readonly request: SignedRequest
}

async function byKey(ctx: Context, request: SignedRequest, address: StorageAddress, header: string): Promise<Actor> {
  const [, name, given] = /^SharedKey\s+([^:\s]+):(\S+)$/i.exec(header) ?? []
  if (name === undefined || given === undefined || name.toLowerCase() !== address.account)
    throw refused('The Authorization header is not of the form SharedKey account:signature for this account.')
  const date = request.headers['x-ms-date'] ?? request.headers.date
  const sentAt = Date.parse(typeof date === 'string' ? date : '')
  if (!(Math.abs(sentAt - ctx.clock.now().getTime()) <= requestSkewMs))
    throw refused('x-ms-date is missing or more than 15 minutes off the clock of the server.')
  const account = await knownAccount(ctx, address.account)
  const texts = sharedKeyTexts(name, request)
  requireKey(ctx, account, texts, given)
  return keyHolder(account, { account: address.account, ...everything })
}

async function byAccountSas(ctx: Context, { query, given, address, request }: Signature): Promise<Actor> {
  const account = await knownAccount(ctx, address.account)
  requireKey(ctx, account, [accountSasText(query, address.account)], given)
  requireTimes(query, ctx.clock.now())
  requireOrigin(query, request)
  if (!(query.get('ss') ?? '').includes('b'))
    throw storageError(403, 'AuthorizationServiceMismatch', 'The signature is not for the Blob service (ss=b).')
  return keyHolder(account, {
    account: address.account,
    prefix: '',
    permissions: query.get('sp') ?? '',
    levels: query.get('srt') ?? '',
  })
}

async function byServiceSas(ctx: Context, { query, given, address, request }: Signature): Promise<Actor> {
  const account = await knownAccount(ctx, address.account)
  const resource = resourceOf(query, address)
  requireKey(ctx, account, [serviceSasText(query, canonicalName(address.account, address.container, resource.prefix))], given)
  const policy = await policyOf(ctx, query, address)
  const members = withPolicy(query, policy)
  requireTimes(members, ctx.clock.now())
  requireOrigin(query, request)
  return keyHolder(account, grantOf(members, address, resource))
}

async function byDelegation(ctx: Context, { query, given, address, request }: Signature): Promise<Actor> {
  const resource = resourceOf(query, address)
  const member = (name: string): string => query.get(name) ?? ''
  const members = {
    objectId: member('skoid'),
    tenantId: member('sktid'),
    startsOn: member('skt'),
    expiresOn: member('ske'),
    service: member('sks'),
    version: member('skv'),
  }
  const text = delegationSasText(query, canonicalName(address.account, address.container, resource.prefix), request.headers)
  const maker = (['principal', 'platform'] as const).find((candidate) =>
    sameText(signText(delegationKey(ctx, address.account, members, candidate), text), given),
  )
  if (maker === undefined) throw refused('The signature does not fit this URL.')
  requireTimes(query, ctx.clock.now())
  requireDelegationTimes(members, ctx.clock.now())
  requireOrigin(query, request)
  if (member('suoid') !== '' || member('sduoid') !== '')
    throw refused('Signatures for another user (suoid, sduoid) are not offered; sign for yourself.')
  const principal =
    members.objectId === 'system' && maker === 'platform' ? platform : await actorOfPrincipal(ctx.db.kysely, members.objectId)
  if (principal === undefined) throw refused('The signature was made for a principal that is gone or disabled.')
  const grant = grantOf(query, address, resource)
  // No action is inside an empty scope list: whatever is not a storage handler refuses this actor.
  return { ...principal, tokenScopes: [], storageGrant: maker === 'principal' ? { ...grant, withinRoles: true } : grant }
}

/** Signatures that the platform makes for its own links; unlike the system actor it passes no other check. */
const platform: Actor = { id: 'system', name: 'fulcrum', kind: 'ManagedIdentity', groups: [] }

function keyHolder(account: StoredResource, grant: StorageGrant): Actor {
  const name = `key of ${account.name}`
  return { id: account.id.toLowerCase(), name, kind: 'ManagedIdentity', groups: [], tokenScopes: [], storageGrant: grant }
}

interface SignedResource {
  readonly kind: 'c' | 'd' | 'b' | 'bs'
  /** The blob or folder that was signed; empty for a container. */
  readonly prefix: string
}

function resourceOf(query: URLSearchParams, address: StorageAddress): SignedResource {
  const kind = query.get('sr') ?? ''
  if (address.container === '') throw refused('A signature of a container or blob does not reach the account.')
  switch (kind) {
    case 'c':
      return { kind, prefix: '' }
    case 'b':
    case 'bs':
      return { kind, prefix: address.name }
    case 'd': {
      const depth = Number(query.get('sdd'))
      if (!(Number.isInteger(depth) && depth >= 1)) throw refused('sr=d needs sdd, the number of folders that were signed.')
      const name = address.name === '' ? (query.get('prefix') ?? query.get('directory') ?? '') : address.name
      return { kind, prefix: name.replace(/^\/+/, '').split('/').slice(0, depth).join('/') }
    }
    default:
      throw refused(`sr=${kind} is not offered; sign a container (c), a folder (d), a blob (b) or a snapshot (bs).`)
  }
}

function grantOf(query: Pick<URLSearchParams, 'get'>, address: StorageAddress, resource: SignedResource): StorageGrant {
  const isBlob = resource.kind === 'b' || resource.kind === 'bs'
  return {
    account: address.account,
    container: address.container,
    prefix: resource.prefix,
    exact: isBlob,
    permissions: query.get('sp') ?? '',
    levels: isBlob ? 'o' : 'co',
    ...(resource.kind === 'bs' ? { snapshot: query.get('snapshot') ?? '' } : {}),
  }
}

async function policyOf(ctx: Context, query: URLSearchParams, address: StorageAddress) {
  const identifier = query.get('si')
  if (identifier === null) return undefined
  const policy = (await readContainer(ctx.db.kysely, address))?.policies.find(({ id }) => id === identifier)
  if (policy === undefined) throw refused(`The container has no stored access policy '${identifier}'.`)
  return policy
}

/** What a policy says, the URL must not; the rest comes from the URL. */
function withPolicy(
  query: URLSearchParams,
  policy: { startsOn?: string; expiresOn?: string; permissions?: string } | undefined,
): URLSearchParams {
  const members = new URLSearchParams(query)
  for (const [name, value] of [
    ['st', policy?.startsOn],
    ['se', policy?.expiresOn],
    ['sp', policy?.permissions],
  ] as const) {
    if (value === undefined) continue
    if (members.has(name)) throw refused(`'${name}' is in the URL and in the stored access policy; it may be in one of them.`)
    members.set(name, value)
  }
  return members
}

function requireDelegationTimes(members: { startsOn: string; expiresOn: string; service: string }, now: Date): void {
  const [start, end] = [Date.parse(members.startsOn), Date.parse(members.expiresOn)]
  const isValid = members.service === 'b' && start <= now.getTime() + 60_000 && now.getTime() < end
  if (!isValid || end - start > longestDelegationMs) throw refused('The delegation key is not valid now, or not for blobs.')
}

async function knownAccount(ctx: Context, name: string): Promise<StoredResource> {
  const account = await findAccount(ctx.db.kysely, name)
  if (account === undefined) throw refused('The signature does not fit this URL.')
  return account
}

function requireKey(ctx: Context, account: StoredResource, texts: readonly string[], given: string): void {
  const fits = accountKeyNames.some((name) => {
    const key = accountKey(ctx, account, name)
    return texts.some((text) => sameText(signText(key, text), given))
  })
  if (!fits) throw refused('The signature does not fit this request.')
}

function sameText(left: string, right: string): boolean {
  const [first, second] = [Buffer.from(left), Buffer.from(right)]
  return first.length === second.length && timingSafeEqual(first, second)
}

function refused(reason: string): StorageError {
  return storageError(403, 'AuthenticationFailed', `Server failed to authenticate the request. ${reason}`)
}
