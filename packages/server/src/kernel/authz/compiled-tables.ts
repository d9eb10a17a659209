import { compileActionPattern, type ActionPattern } from './action-pattern.ts'
import { parseCondition, type ParsedCondition } from './condition.ts'
import { createScopeExpander, normalizeScope } from './scope.ts'
import {
  EVERYBODY,
  type AuthorizationTables,
  type DenyAssignment,
  type Permission,
  type Plane,
  type RoleAssignment,
  type RoleDefinition,
} from './types.ts'

interface PatternPair {
  readonly include: readonly ActionPattern[]
  readonly exclude: readonly ActionPattern[]
}

export interface CompiledPermission {
  readonly control: PatternPair
  readonly data: PatternPair
  readonly condition: ParsedCondition | undefined
}

/** What one role says about one action: the blocks that yield it, or the notAction that took it away. */
export interface RoleVerdict {
  readonly yielding: readonly CompiledPermission[]
  /** Source of the notAction that removed a match, when no block yields. */
  readonly notAction: string | undefined
}

export interface CompiledRole {
  readonly definition: RoleDefinition
  readonly verdict: (plane: Plane, action: string) => RoleVerdict
}

export interface CompiledAssignment {
  readonly assignment: RoleAssignment
  readonly role: CompiledRole
  /** Normalised; more than one for a management group. */
  readonly scopes: readonly string[]
  readonly condition: ParsedCondition | undefined
  /** Milliseconds; Infinity without expiry. */
  readonly expiresAtMs: number
}

export interface CompiledDeny {
  readonly deny: DenyAssignment
  readonly scopes: readonly string[]
  readonly exactOnly: boolean
  readonly matches: (plane: Plane, action: string) => boolean
  readonly appliesTo: (principals: ReadonlySet<string>) => boolean
}

export interface CompiledTables {
  /** Lower-case principal id to its assignments. Assignments without a known role or a valid scope are left out. */
  readonly byPrincipal: ReadonlyMap<string, readonly CompiledAssignment[]>
  readonly denies: readonly CompiledDeny[]
}

const MEMO_LIMIT = 4096

/** The GUID of a role id, lower case: roles are the same whatever scope prefixes their id. */
export function roleNameOf(roleDefinitionId: string): string {
  return roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase()
}

/** Milliseconds at which an assignment stops counting; unreadable dates have always passed. */
export function expiryOf(assignment: RoleAssignment): number {
  if (assignment.expiresOn === undefined || assignment.expiresOn === null) return Number.POSITIVE_INFINITY
  const parsed = Date.parse(assignment.expiresOn)
  return Number.isNaN(parsed) ? Number.NEGATIVE_INFINITY : parsed
}

export function compileTables(tables: AuthorizationTables): CompiledTables {
  const expand = createScopeExpander(tables.managementGroups ?? [])
  const roles = new Map(tables.roleDefinitions.map((definition) => [definition.name.toLowerCase(), compileRole(definition)]))
  const byPrincipal = new Map<string, CompiledAssignment[]>()
  for (const assignment of tables.roleAssignments) {
    const role = roles.get(roleNameOf(assignment.roleDefinitionId))
    const scope = normalizeScope(assignment.scope)
    if (role === undefined || scope === undefined) continue
    const principal = assignment.principalId.toLowerCase()
    const list = byPrincipal.get(principal) ?? []
    list.push({
      assignment,
      role,
      scopes: expand(scope),
      condition: compileCondition(assignment.condition),
      expiresAtMs: expiryOf(assignment),
    })
    byPrincipal.set(principal, list)
  }
  const denies = tables.denyAssignments.map((deny) => compileDeny(deny, expand)).filter((deny) => deny !== undefined)
  return { byPrincipal, denies }
}

function compileRole(definition: RoleDefinition): CompiledRole {
  const permissions = definition.permissions.map(compilePermission)
  const verdict = memoize((plane, action): RoleVerdict => {
    const matching = permissions.filter((permission) => permission[plane].include.some((pattern) => pattern.matches(action)))
    const yielding = matching.filter((permission) => !permission[plane].exclude.some((pattern) => pattern.matches(action)))
    const removed = matching.flatMap((permission) => permission[plane].exclude.filter((pattern) => pattern.matches(action)))
    return { yielding, notAction: yielding.length > 0 ? undefined : removed[0]?.source }
  })
  return { definition, verdict }
}

function compileDeny(deny: DenyAssignment, expand: (scope: string) => readonly string[]): CompiledDeny | undefined {
  const scope = normalizeScope(deny.scope)
  if (scope === undefined) return undefined
  const permissions = deny.permissions.map(compilePermission)
  const included = new Set(deny.principals.map((principal) => principal.id.toLowerCase()))
  const excluded = (deny.excludePrincipals ?? []).map((principal) => principal.id.toLowerCase())
  const exactOnly = deny.doNotApplyToChildScopes === true
  return {
    deny,
    scopes: exactOnly ? [scope] : expand(scope),
    exactOnly,
    matches: memoize((plane, action) => permissions.some((permission) => pairMatches(permission[plane], action))),
    appliesTo: (principals) =>
      (included.has(EVERYBODY) || [...included].some((id) => principals.has(id))) && !excluded.some((id) => principals.has(id)),
  }
}

function pairMatches(pair: PatternPair, action: string): boolean {
  return pair.include.some((pattern) => pattern.matches(action)) && !pair.exclude.some((pattern) => pattern.matches(action))
}

function compilePermission(permission: Permission): CompiledPermission {
  return {
    control: { include: permission.actions.map(compileActionPattern), exclude: permission.notActions.map(compileActionPattern) },
    data: {
      include: permission.dataActions.map(compileActionPattern),
      exclude: permission.notDataActions.map(compileActionPattern),
    },
    condition: compileCondition(permission.condition),
  }
}

function compileCondition(text: string | null | undefined): ParsedCondition | undefined {
  return text === undefined || text === null || text.trim() === '' ? undefined : parseCondition(text)
}

/** Actions come from the operation table, so the memo stays small; the limit guards against actions made from input. */
function memoize<Result>(compute: (plane: Plane, action: string) => Result): (plane: Plane, action: string) => Result {
  const memo = { control: new Map<string, Result>(), data: new Map<string, Result>() }
  return (plane, action) => {
    const known = memo[plane].get(action)
    if (known !== undefined) return known
    if (memo[plane].size >= MEMO_LIMIT) memo[plane].clear()
    const result = compute(plane, action)
    memo[plane].set(action, result)
    return result
  }
}
