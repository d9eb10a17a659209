import type { Context } from '../../context.ts'
import type { Actor, StorageGrant } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findAccount } from './accounts.ts'
import { isHierarchical, pathAllows } from './path-access.ts'
import { containerNotFound, storageError } from './storage-error.ts'
import { storageNeed, type StorageNeedName } from './storage-needs.ts'

export interface StorageTarget {
  readonly account: string
  /** Empty at the level of the account. */
  readonly container: string
  /** Blob name, or the prefix of a list; empty for all of the container. */
  readonly name: string
  readonly snapshot?: string | undefined
}

/** By what a request was allowed. */
export type AccessWay = 'signature' | 'roles' | 'lists'

/**
 * Refuses a storage request that the caller's signature, roles, or (in a hierarchical account) access control lists do not allow. A container
 * that the caller may not even read answers as missing.
 */
export async function requireStorageAccess(
  ctx: Context,
  actor: Actor,
  request: { readonly target: StorageTarget; readonly need: StorageNeedName; readonly requestId: string },
): Promise<AccessWay> {
  const { target, need } = request
  const grant = actor.storageGrant
  if (grant !== undefined) {
    requireGrant(grant, target, need)
    if (grant.withinRoles !== true) return 'signature'
  }
  const who = withoutGrant(actor)
  if (await rolesAllow(ctx, who, target, need)) return 'roles'
  const path = storageNeed(need).path
  const hasLists = path !== undefined && (await isHierarchical(ctx.db.kysely, target.account))
  if (hasLists && (await pathAllows(ctx.db.kysely, who, target, { path: target.name, need: path }))) return 'lists'
  return deny(ctx, who, request, hasLists)
}

/** Whether nothing in a hierarchical account is closed to the caller: keys, and the data owner's role. */
export async function isSuperuser(ctx: Context, actor: Actor, target: StorageTarget): Promise<boolean> {
  const grant = actor.storageGrant
  if (grant !== undefined && grant.withinRoles !== true) return isKey(grant)
  const scope = await scopeOf(ctx, target)
  const action = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/runAsSuperUser/action'
  return scope !== undefined && ctx.authorization.allows(withoutGrant(actor), action, 'data', scope)
}

/** True when a signature lets its holder make blobs, but not replace those that are there. */
export function createsOnly(actor: Actor): boolean {
  const permissions = actor.storageGrant?.permissions
  return permissions !== undefined && !permissions.includes('w')
}

/** The account's key itself; no signature of an account has the letter for permissions. */
function isKey(grant: StorageGrant): boolean {
  return grant.levels === 'sco' && grant.permissions.includes('p')
}

/** A signature closes every other door; the roles of its maker are asked without it. */
function withoutGrant(actor: Actor): Actor {
  if (actor.storageGrant === undefined) return actor
  const { storageGrant: _grant, tokenScopes: _scopes, ...principal } = actor
  return principal
}

function requireGrant(grant: StorageGrant, target: StorageTarget, need: StorageNeedName): void {
  const { letters, level } = storageNeed(need)
  const mismatch = (code: string, what: string) => storageError(403, code, `The signature does not allow this request: ${what}.`)
  if (letters === '' && !isKey(grant)) throw mismatch('AuthorizationFailure', 'it needs a token or the key of the account')
  if (!grant.levels.includes(level)) {
    const isPart = grant.container !== undefined && level === 's'
    throw mismatch(isPart ? 'AuthorizationFailure' : 'AuthorizationResourceTypeMismatch', `it is not for ${levelNames[level]}`)
  }
  if (grant.account !== target.account || (grant.container ?? target.container) !== target.container)
    throw mismatch('AuthorizationFailure', 'it is for another container')
  if (!within(target, grant, level)) throw mismatch('AuthorizationPermissionMismatch', `it does not reach '${target.name}'`)
  if (letters !== '' && ![...letters].some((letter) => grant.permissions.includes(letter)))
    throw mismatch(
      'AuthorizationPermissionMismatch',
      `it has the permissions '${grant.permissions}', one of '${letters}' is needed`,
    )
}

const levelNames = { s: 'the service', c: 'containers', o: 'blobs' } as const

/** Below the signed folder on whole segments; a list must begin inside it. */
function within(target: StorageTarget, grant: StorageGrant, level: 's' | 'c' | 'o'): boolean {
  const { name } = target
  if (grant.exact === true) return name === grant.prefix && target.snapshot === grant.snapshot
  const folder = grant.prefix.replace(/\/+$/, '')
  return folder === '' || name.startsWith(`${folder}/`) || (level === 'o' && name === folder)
}

async function scopeOf(ctx: Context, target: StorageTarget): Promise<string | undefined> {
  const account = await findAccount(ctx.db.kysely, target.account)
  if (account === undefined) return undefined
  const service = `${account.id}/blobServices/default`
  return target.container === '' ? service : `${service}/containers/${target.container}`
}

async function rolesAllow(ctx: Context, who: Actor, target: StorageTarget, need: StorageNeedName): Promise<boolean> {
  const scope = await scopeOf(ctx, target)
  const { action, plane } = storageNeed(need)
  return scope !== undefined && ctx.authorization.allows(who, action, plane, scope)
}

async function deny(
  ctx: Context,
  who: Actor,
  request: { readonly target: StorageTarget; readonly need: StorageNeedName; readonly requestId: string },
  hasLists: boolean,
): Promise<never> {
  const { target, need, requestId } = request
  const scope = await scopeOf(ctx, target)
  if (scope === undefined) throw containerNotFound(target.container)
  const { action } = storageNeed(need)
  await appendEvent(
    ctx.db.kysely,
    ctx,
    who,
    { type: 'access.denied', subject: scope, action, result: 'denied', data: { name: target.name } },
    requestId,
  )
  const entered =
    (await rolesAllow(ctx, who, target, 'readBlob')) ||
    (await rolesAllow(ctx, who, target, 'readContainer')) ||
    ((await isHierarchical(ctx.db.kysely, target.account)) &&
      (await pathAllows(ctx.db.kysely, who, target, { path: 'any', need: 'traverse' })))
  if (!entered && target.container !== '') throw containerNotFound(target.container)
  throw storageError(
    403,
    'AuthorizationPermissionMismatch',
    `You do not have authorization to perform '${action}' over scope '${scope}'${hasLists ? `, and the access control lists on '/${target.name}' do not allow it` : ''}.`,
  )
}
