import { roleIds } from './builtin-roles.ts'
import { expiryOf, roleNameOf } from './compiled-tables.ts'
import { createAuthorizer } from './decide.ts'
import { ancestorsOf, createScopeExpander, normalizeScope } from './scope.ts'
import type { AuthorizationTables } from './types.ts'

export interface LastOwnerInput {
  readonly before: AuthorizationTables
  /** The tables as the change would leave them. */
  readonly after: AuthorizationTables
  readonly now: Date
  /** Is the principal usable, before or after the change: not disabled, not deleted, a group not empty. */
  readonly isActive?: (principalId: string, when: 'before' | 'after') => boolean
  /** All groups of a principal; a deny on a group also blocks its members. */
  readonly groupsOf?: (principalId: string) => readonly string[]
}

const PROBE_ACTION = 'Microsoft.Authorization/roleAssignments/write'

/**
 * The scopes that have an owner before the change and would have none after it; refuse the change (409 LastOwner) when
 * not empty. It sees removal, expiry, disabling and denying alike, as it compares outcomes. An owner counts when its
 * Owner assignment has no condition, it is active, and no deny takes its right to assign roles. A time-limited Owner
 * (just-in-time, an expiry set on the last one) protects only until it ends and so does not count; owners inherited
 * from above do.
 */
export function scopesLosingLastOwner(input: LastOwnerInput): string[] {
  const scopes = new Set<string>()
  for (const assignment of input.before.roleAssignments) {
    if (roleNameOf(assignment.roleDefinitionId) === roleNameOf(roleIds.owner)) {
      const scope = normalizeScope(assignment.scope)
      if (scope !== undefined) scopes.add(scope)
    }
  }
  const before = ownersOf(input, 'before')
  const after = ownersOf(input, 'after')
  return [...scopes].filter((scope) => before(scope) && !after(scope)).toSorted()
}

/** Returns a test: does the normalised scope have a lasting owner? */
function ownersOf(input: LastOwnerInput, when: 'before' | 'after'): (scope: string) => boolean {
  const tables = input[when]
  const authorizer = createAuthorizer(tables)
  const expand = createScopeExpander(tables.managementGroups ?? [])
  const owners = tables.roleAssignments.filter(
    (assignment) =>
      roleNameOf(assignment.roleDefinitionId) === roleNameOf(roleIds.owner) &&
      expiryOf(assignment) === Number.POSITIVE_INFINITY &&
      (assignment.condition ?? '').trim() === '' &&
      (input.isActive?.(assignment.principalId, when) ?? true),
  )
  return (scope) => {
    const ancestors = new Set(ancestorsOf(scope))
    return owners.some((owner) => {
      const at = normalizeScope(owner.scope)
      if (at === undefined || !expand(at).some((candidate) => ancestors.has(candidate))) return false
      const principals = [owner.principalId, ...(input.groupsOf?.(owner.principalId) ?? [])]
      return authorizer.decide({ principals, action: PROBE_ACTION, plane: 'control', scope, now: input.now }).allow
    })
  }
}
