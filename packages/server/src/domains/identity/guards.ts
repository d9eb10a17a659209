import { AppError, conflict } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { canGrantRole, scopesLosingLastOwner, type AuthorizationTables, type RoleDefinition } from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { groupsOf, isUsable, type Directory } from './directory.ts'

/** A role by id or bare GUID: only the last segment counts. */
export function findRole(tables: AuthorizationTables, roleDefinitionId: string): RoleDefinition | undefined {
  const name = roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase()
  return tables.roleDefinitions.find((role) => role.name.toLowerCase() === name)
}

/** What the escalation rules need to know of the caller. */
export function escalationContext(ctx: Context, tables: AuthorizationTables, actor: Actor) {
  return {
    tables,
    principals: [actor.id, ...actor.groups],
    now: ctx.clock.now(),
    ...(actor.tokenScopes === undefined ? {} : { tokenScopes: actor.tokenScopes }),
  }
}

/**
 * Whoever lets somebody act as `holderId` (a new group member, a new secret) hands on every role it has, and whoever shuts
 * it out takes them away, so the caller must be able to grant each of them.
 * @throws AuthorizationFailed naming the role that the caller cannot grant
 */
export async function requireGrantable(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  grant: { directory: Directory; holderId: string; recipientId: string },
): Promise<void> {
  if (actor.kind === 'System') return
  const { directory, holderId, recipientId } = grant
  const tables = await ctx.authorization.tablesForChange(tx)
  const holders = new Set([holderId, ...groupsOf(directory, holderId)])
  for (const assignment of tables.roleAssignments) {
    if (!holders.has(assignment.principalId.toLowerCase())) continue
    const role = findRole(tables, assignment.roleDefinitionId)
    if (role === undefined) continue
    const verdict = canGrantRole(escalationContext(ctx, tables, actor), {
      role,
      scope: assignment.scope,
      principalId: recipientId,
    })
    if (verdict.allow) continue
    throw new AppError(
      'AuthorizationFailed',
      `This would hand on role '${role.roleName}' at '${assignment.scope}'. ${verdict.reason}`,
      {
        target: assignment.id,
        details: verdict.missing.slice(0, 20).map((pattern) => ({ code: 'MissingPermission', message: pattern })),
      },
    )
  }
}

/**
 * Refuses a change after which some scope has no lasting owner any more.
 * @throws LastOwner naming the scopes
 */
export async function refuseLosingLastOwner(
  tx: Executor,
  ctx: Context,
  change: { before: Directory; after?: Directory; tables?: (before: AuthorizationTables) => AuthorizationTables },
): Promise<void> {
  const tables = await ctx.authorization.tablesForChange(tx)
  const after = change.after ?? change.before
  const scopes = scopesLosingLastOwner({
    before: tables,
    after: change.tables?.(tables) ?? tables,
    now: ctx.clock.now(),
    isActive: (principalId, when) => isUsable(when === 'before' ? change.before : after, principalId.toLowerCase()),
    groupsOf: (principalId) => groupsOf(after, principalId.toLowerCase()),
  })
  if (scopes.length === 0) return
  throw conflict(
    `Nobody would be Owner of ${scopes.map((scope) => `'${scope}'`).join(', ')} any more. Make somebody else Owner there first.`,
    { code: 'LastOwner', target: scopes[0] ?? '/' },
  )
}
