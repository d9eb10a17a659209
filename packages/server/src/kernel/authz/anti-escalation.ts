import { roleIds } from './builtin-roles.ts'
import { expiryOf, roleNameOf } from './compiled-tables.ts'
import { parseCondition } from './condition.ts'
import { createAuthorizer } from './decide.ts'
import { isIncluded, type ActionSet } from './pattern-inclusion.ts'
import { ancestorsOf, coversScope, createScopeExpander, normalizeScope } from './scope.ts'
import { EVERYBODY, type AuthorizationTables, type Plane, type RoleAssignment, type RoleDefinition } from './types.ts'

/** Who acts, with which tables and when. */
export interface EscalationContext {
  readonly tables: AuthorizationTables
  /** The granter and all its groups. */
  readonly principals: readonly string[]
  readonly now: Date
  /** Action patterns of the granter's token, as in `AccessQuery`. */
  readonly tokenScopes?: readonly string[]
}

export interface GrantInput {
  readonly role: RoleDefinition
  readonly scope: string
  /** Who would receive the role. */
  readonly principalId: string
}

export type EscalationVerdict =
  | { readonly allow: true; readonly because: 'holdsPermissions' | 'grantableRoles' | 'ownerGrantsDataRight' }
  | { readonly allow: false; readonly reason: string; readonly missing: readonly string[] }

const ASSIGN_ACTION = 'Microsoft.Authorization/roleAssignments/write'
const DEFINE_ACTION = 'Microsoft.Authorization/roleDefinitions/write'
const planes = ['control', 'data'] as const

/**
 * May the granter give the role at the scope? It needs `roleAssignments/write` there, the scope must be one the role is
 * assignable at, and one of: it holds every permission of the role there; its assignment names the role in
 * `grantableRoles` or in a delegation condition; or it is Owner there, holds the control part, and gives the data part
 * to somebody else (Owners hold no data right, so nobody could give the first one otherwise). User Access and Role Based
 * Access Control Administrators have no exception: they pass on what they hold and what was delegated to them.
 */
export function canGrantRole(context: EscalationContext, input: GrantInput): EscalationVerdict {
  const scope = normalizeScope(input.scope)
  if (scope === undefined) return refuse(`'${input.scope}' is not a scope: it must start with '/'.`)
  if (!isAssignableAt(context.tables, input.role, scope)) {
    return refuse(`Role '${input.role.roleName}' is assignable only at ${input.role.assignableScopes.join(', ')}.`)
  }
  const { tables, principals, now } = context
  const token = context.tokenScopes === undefined ? {} : { tokenScopes: context.tokenScopes }
  const request = {
    principals,
    now,
    scope,
    action: ASSIGN_ACTION,
    plane: 'control' as const,
    roleDefinitionId: input.role.id,
    ...token,
  }
  if (!createAuthorizer(tables).decide(request).allow) return refuse(`Granting needs '${ASSIGN_ACTION}' at '${input.scope}'.`)
  const active = activeAssignments(context, scope)
  if (active.some((assignment) => delegates(assignment, input.role))) return { allow: true, because: 'grantableRoles' }
  const missing = missingPermissions(context, input.role, scope)
  if (missing.length === 0) return { allow: true, because: 'holdsPermissions' }
  const isSelf = principals.some((principal) => principal.toLowerCase() === input.principalId.toLowerCase())
  if (!isSelf && missing.every((item) => item.plane === 'data') && holdsOwner(active)) {
    return { allow: true, because: 'ownerGrantsDataRight' }
  }
  return refuse(`You do not hold every permission of role '${input.role.roleName}' at '${input.scope}'.`, missing)
}

/**
 * May the granter define or change this role? Needs `roleDefinitions/write` and every permission of the role (as it
 * will be) at each assignable scope. Owners may add data rights they lack, unless they are assigned the role themselves.
 */
export function canDefineRole(context: EscalationContext, role: RoleDefinition): EscalationVerdict {
  if (role.assignableScopes.length === 0) return refuse('A role needs at least one assignable scope.')
  const authorizer = createAuthorizer(context.tables)
  const token = context.tokenScopes === undefined ? {} : { tokenScopes: context.tokenScopes }
  let because: 'holdsPermissions' | 'ownerGrantsDataRight' = 'holdsPermissions'
  for (const assignableScope of role.assignableScopes) {
    const scope = normalizeScope(assignableScope)
    if (scope === undefined) return refuse(`'${assignableScope}' is not a scope: it must start with '/'.`)
    const { principals, now } = context
    const allowed = authorizer.decide({ principals, now, scope, action: DEFINE_ACTION, plane: 'control', ...token }).allow
    if (!allowed) return refuse(`Defining a role needs '${DEFINE_ACTION}' at '${assignableScope}'.`)
    const missing = missingPermissions(context, role, scope)
    if (missing.length === 0) continue
    const isOwner = holdsOwner(activeAssignments(context, scope))
    if (!isOwner || missing.some((item) => item.plane === 'control') || isAssignedTo(context, role)) {
      return refuse(`You do not hold every permission of role '${role.roleName}' at '${assignableScope}'.`, missing)
    }
    because = 'ownerGrantsDataRight'
  }
  return { allow: true, because }
}

interface MissingPermission {
  readonly plane: Plane
  readonly pattern: string
}

function refuse(reason: string, missing: readonly MissingPermission[] = []): EscalationVerdict {
  return { allow: false, reason, missing: missing.map((item) => item.pattern) }
}

function isAssignableAt(tables: AuthorizationTables, role: RoleDefinition, scope: string): boolean {
  const expand = createScopeExpander(tables.managementGroups ?? [])
  return role.assignableScopes.some((text) => {
    const assignable = normalizeScope(text)
    return assignable !== undefined && expand(assignable).some((candidate) => coversScope(candidate, scope))
  })
}

function isAssignedTo(context: EscalationContext, role: RoleDefinition): boolean {
  const own = lowerSet(context.principals)
  return context.tables.roleAssignments.some(
    (item) => own.has(item.principalId.toLowerCase()) && roleNameOf(item.roleDefinitionId) === role.name.toLowerCase(),
  )
}

/** The granter's assignments that count now at the normalised scope. */
function activeAssignments(context: EscalationContext, scope: string): RoleAssignment[] {
  const own = lowerSet(context.principals)
  const ancestors = new Set(ancestorsOf(scope))
  const expand = createScopeExpander(context.tables.managementGroups ?? [])
  return context.tables.roleAssignments.filter((assignment) => {
    const at = normalizeScope(assignment.scope)
    if (at === undefined || !own.has(assignment.principalId.toLowerCase())) return false
    return context.now.getTime() < expiryOf(assignment) && expand(at).some((candidate) => ancestors.has(candidate))
  })
}

function holdsOwner(assignments: readonly RoleAssignment[]): boolean {
  const ownerName = roleNameOf(roleIds.owner)
  return assignments.some((item) => roleNameOf(item.roleDefinitionId) === ownerName && !isConditional(item.condition))
}

function isConditional(condition: string | null | undefined): boolean {
  return condition !== undefined && condition !== null && condition.trim() !== ''
}

function delegates(assignment: RoleAssignment, role: RoleDefinition): boolean {
  const name = role.name.toLowerCase()
  if ((assignment.grantableRoles ?? []).some((id) => roleNameOf(id) === name)) return true
  if (!isConditional(assignment.condition)) return false
  const parsed = parseCondition(assignment.condition ?? '')
  const write = ASSIGN_ACTION.toLowerCase()
  return parsed.ok && parsed.condition.clauses.some((clause) => clause.action === write && clause.roleNames.has(name))
}

/** The patterns of the role that the granter does not fully hold at the scope. Conditional rights count as not held. */
function missingPermissions(context: EscalationContext, role: RoleDefinition, scope: string): MissingPermission[] {
  const definitions = new Map(context.tables.roleDefinitions.map((item) => [item.name.toLowerCase(), item]))
  const heldRoles = activeAssignments(context, scope)
    .filter((assignment) => !isConditional(assignment.condition))
    .map((assignment) => definitions.get(roleNameOf(assignment.roleDefinitionId)))
    .filter((definition) => definition !== undefined)
  const permissions = heldRoles.flatMap((definition) => definition.permissions).filter((item) => !isConditional(item.condition))
  const denies = deniesTouching(context, scope)
  const missing: MissingPermission[] = []
  for (const plane of planes) {
    const held = permissions.map((permission) => actionSet(permission, plane)).filter((set) => set.include.length > 0)
    const denied = denies.map((permission) => actionSet(permission, plane)).filter((set) => set.include.length > 0)
    for (const permission of role.permissions) {
      const wanted = actionSet(permission, plane)
      for (const pattern of wanted.include) {
        if (!isIncluded({ pattern, except: wanted.exclude, held, denied })) missing.push({ plane, pattern })
      }
    }
  }
  return missing
}

function actionSet(permission: RoleDefinition['permissions'][number], plane: Plane): ActionSet {
  return plane === 'control'
    ? { include: permission.actions, exclude: permission.notActions }
    : { include: permission.dataActions, exclude: permission.notDataActions }
}

/** Denies of the granter at, above or below the scope: a right denied on a child is not held on the whole. */
function deniesTouching(context: EscalationContext, scope: string): RoleDefinition['permissions'][number][] {
  const own = lowerSet(context.principals)
  const expand = createScopeExpander(context.tables.managementGroups ?? [])
  return context.tables.denyAssignments
    .filter((deny) => {
      const at = normalizeScope(deny.scope)
      if (at === undefined) return false
      const scopes = deny.doNotApplyToChildScopes === true ? [at] : expand(at)
      const above = deny.doNotApplyToChildScopes === true ? false : scopes.some((candidate) => coversScope(candidate, scope))
      const excluded = (deny.excludePrincipals ?? []).some((item) => own.has(item.id.toLowerCase()))
      const named = deny.principals.some((item) => item.id === EVERYBODY || own.has(item.id.toLowerCase()))
      return named && !excluded && (above || scopes.some((candidate) => coversScope(scope, candidate)))
    })
    .flatMap((deny) => deny.permissions)
}

function lowerSet(values: readonly string[]): Set<string> {
  return new Set(values.map((value) => value.toLowerCase()))
}
