import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { isAllowed } from './acl.ts'
import { isSuperuser } from './blob-access.ts'
import type { BlobAddress } from './blob-store.ts'
import { listPaths } from './list-paths.ts'
import { accessOf } from './path-access.ts'
import { storageError } from './storage-error.ts'

/** Rights on whole trees, and the rights of owners, of callers who have no role. */

/** A directory is deleted with all below it by who may change every directory in it. */
export async function requireDeletable(ctx: Context, actor: Actor, address: BlobAddress): Promise<void> {
  const refuse = (path: string) =>
    storageError(
      403,
      'AuthorizationPermissionMismatch',
      `The access control list on '/${path}' does not let you delete what is in it.`,
    )
  const own = await accessOf(ctx.db.kysely, address, address.name, true)
  let from: string | undefined
  do {
    const page = await listPaths(ctx.db.kysely, { ...address, directory: address.name, recursive: true, from, limit: 2_000 })
    if (page.paths.length > 0 && !isAllowed(own, actor, 'rwx')) throw refuse(address.name)
    for (const path of page.paths) if (path.isDirectory && !isAllowed(path.access, actor, 'rwx')) throw refuse(path.name)
    from = page.next
  } while (from !== undefined)
}

/** Whether somebody owns a path; owners change its permissions without a role. */
export async function isOwner(ctx: Context, actor: Actor, address: BlobAddress, isDirectory: boolean): Promise<boolean> {
  if (actor.storageGrant !== undefined && actor.storageGrant.withinRoles !== true) return isSuperuser(ctx, actor, address)
  return (await accessOf(ctx.db.kysely, address, address.name, isDirectory)).owner === actor.id
}
