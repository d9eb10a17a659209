import { blobActions } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findAccount } from './accounts.ts'
import { containerNotFound, StorageError } from './storage-error.ts'

export type BlobVerb = 'read' | 'write' | 'delete' | 'list'

/** Permission letters of a signature that allow a verb. */
const letters: Readonly<Record<BlobVerb, string>> = { read: 'r', write: 'wc', delete: 'd', list: 'l' }

/**
 * Refuses a blob request that the caller's signature or roles do not allow. What the caller may not even read answers as missing.
 * @param name blob name, or the prefix of a list
 */
export async function requireBlobAccess(
  ctx: Context,
  actor: Actor,
  request: { account: string; container: string; name: string; verb: BlobVerb; requestId: string },
): Promise<void> {
  const { account, container, name, verb } = request
  const grant = actor.storageGrant
  if (grant !== undefined) {
    const fits =
      grant.account === account &&
      grant.container === container &&
      within(name, grant.prefix) &&
      [...letters[verb]].some((letter) => grant.permissions.includes(letter))
    if (fits) return
    throw new StorageError(
      'AuthorizationFailed',
      'AuthorizationPermissionMismatch',
      `The signature does not allow to ${verb} '${name}'.`,
    )
  }
  const resource = await findAccount(ctx.db.kysely, account)
  if (resource === undefined) throw containerNotFound(container)
  const scope = `${resource.id}/blobServices/default/containers/${container}`
  const action = verb === 'list' ? blobActions.read : blobActions[verb]
  if (await ctx.authorization.allows(actor, action, 'data', scope)) return
  await appendEvent(
    ctx.db.kysely,
    ctx,
    actor,
    { type: 'access.denied', subject: scope, action, result: 'denied', data: { name } },
    request.requestId,
  )
  const mayRead = action !== blobActions.read && (await ctx.authorization.allows(actor, blobActions.read, 'data', scope))
  if (!mayRead) throw containerNotFound(container)
  throw new StorageError(
    'AuthorizationFailed',
    'AuthorizationPermissionMismatch',
    `You do not have authorization to perform the data action '${action}' over scope '${scope}'.`,
  )
}

/** Below a prefix on whole segments. */
function within(name: string, prefix: string): boolean {
  const folder = prefix.replace(/\/+$/, '')
  return folder === '' || name === folder || name.startsWith(`${folder}/`)
}
