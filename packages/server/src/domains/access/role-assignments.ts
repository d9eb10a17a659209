import { accessKinds, AppError, conflict, invalid, nearest } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import {
  bumpAuthorizationGeneration,
  canGrantRole,
  parseCondition,
  type RoleAssignment,
  type RoleDefinition,
} from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { listResources, type KindBehaviour, type ResourceWrite, type StoredResource } from '../../kernel/resources/index.ts'
import { escalationContext, findPrincipal, findRole, readDirectoryForChange, refuseLosingLastOwner } from '../identity/index.ts'
import { effectiveScope, scopeOfExtension } from './assignment-scope.ts'
import { requireKind } from './kinds.ts'

export const roleAssignmentType = 'Microsoft.Authorization/roleAssignments'

/** Role assignments: nobody hands on what it does not hold, and a scope keeps an owner. */
export function roleAssignmentBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: requireKind(accessKinds, roleAssignmentType),
    immutableMembers: ['roleDefinitionId', 'principalId', 'scope'],
    defaults: ({ id, existing, body }) => ({
      ...body,
      properties: {
        ...body.properties,
        roleDefinitionId: fullRoleId(String(body.properties['roleDefinitionId'])),
        principalId: String(body.properties['principalId']).toLowerCase(),
        scope: effectiveScope(id, body.properties['scope'] as string | null | undefined),
        principalType: existing?.properties['principalType'] ?? body.properties['principalType'] ?? null,
      },
    }),
    validate: (tx, write) => validateAssignment(ctx, tx, write),
    afterWrite: (tx) => bumpAuthorizationGeneration(tx),
    beforeDelete: async (tx, resource, actor) => {
      await refuseRemoval(tx, ctx, actor, resource)
      await refuseLosingLastOwner(tx, ctx, {
        before: await readDirectoryForChange(tx),
        tables: (tables) => ({
          ...tables,
          roleAssignments: tables.roleAssignments.filter((item) => item.id.toLowerCase() !== resource.id.toLowerCase()),
        }),
      })
    },
    afterDelete: (tx) => bumpAuthorizationGeneration(tx),
    present: (resource) => ({ ...resource.properties }),
  }
}

async function validateAssignment(ctx: Context, tx: Executor, write: ResourceWrite): Promise<void> {
  const properties = write.body.properties
  const assignment = { ...properties, id: write.id, name: write.id } as unknown as RoleAssignment
  const tables = await ctx.authorization.tablesForChange(tx)
  const role = findRole(tables, assignment.roleDefinitionId)
  if (role === undefined) throw unknownRole(assignment.roleDefinitionId, tables.roleDefinitions)
  const principal = await findPrincipal(tx, assignment.principalId)
  if (principal?.id !== assignment.principalId) {
    throw invalid(
      `Principal '${assignment.principalId}' does not exist. Give the principalId of a user, group or service principal.`,
      {
        target: 'properties.principalId',
      },
    )
  }
  properties['principalType'] = principal.kind === 'ManagedIdentity' ? 'ServicePrincipal' : principal.kind
  if (write.existing === undefined) await refuseTwin(tx, assignment)
  const handedOn = [...rolesNamedBy(assignment, tables.roleDefinitions), role]
  for (const item of handedOn) requireGrant(ctx, write.actor, { tables, role: item, assignment })
  if (write.existing !== undefined) {
    await refuseLosingLastOwner(tx, ctx, {
      before: await readDirectoryForChange(tx),
      tables: (before) => ({
        ...before,
        roleAssignments: before.roleAssignments.map((item) =>
          item.id.toLowerCase() === write.id.toLowerCase() ? assignment : item,
        ),
      }),
    })
  }
}

function fullRoleId(text: string): string {
  return text.includes('/') ? text : `/providers/Microsoft.Authorization/roleDefinitions/${text}`
}

function unknownRole(id: string, roles: readonly RoleDefinition[]): AppError {
  const name = id.slice(id.lastIndexOf('/') + 1)
  const byName =
    roles.find((role) => role.roleName.toLowerCase() === name.toLowerCase()) ??
    roles.find(
      (role) =>
        role.roleName ===
        nearest(
          name,
          roles.map((item) => item.roleName),
        ),
    )
  const hint =
    byName === undefined
      ? 'List roles with GET …/providers/Microsoft.Authorization/roleDefinitions.'
      : `'${byName.roleName}' has the id '${byName.id}'.`
  return invalid(`Role definition '${id}' does not exist. ${hint}`, { target: 'properties.roleDefinitionId' })
}

/** Roles that the assignment lets its holder hand on, by delegation or by condition. The giver must be able to grant these as well. */
function rolesNamedBy(assignment: RoleAssignment, roles: readonly RoleDefinition[]): RoleDefinition[] {
  const names = new Set((assignment.grantableRoles ?? []).map((id) => id.slice(id.lastIndexOf('/') + 1).toLowerCase()))
  const condition = assignment.condition ?? ''
  if (condition.trim() !== '') {
    const parsed = parseCondition(condition)
    if (!parsed.ok) throw invalid(parsed.reason, { target: 'properties.condition' })
    for (const clause of parsed.condition.clauses) for (const name of clause.roleNames) names.add(name)
  }
  return [...names].map((name) => {
    const role = roles.find((item) => item.name.toLowerCase() === name)
    if (role === undefined) throw unknownRole(name, roles)
    return role
  })
}

function requireGrant(
  ctx: Context,
  actor: Actor,
  grant: { tables: Parameters<typeof findRole>[0]; role: RoleDefinition; assignment: RoleAssignment },
): void {
  if (actor.kind === 'System') return
  const { tables, role, assignment } = grant
  const verdict = canGrantRole(escalationContext(ctx, tables, actor), {
    role,
    scope: assignment.scope,
    principalId: assignment.principalId,
  })
  if (verdict.allow) return
  throw new AppError('AuthorizationFailed', verdict.reason, {
    target: 'properties.roleDefinitionId',
    details: verdict.missing.slice(0, 20).map((pattern) => ({ code: 'MissingPermission', message: pattern })),
  })
}

/** Azure answers RoleAssignmentExists when scope, principal and role repeat under another name. */
async function refuseTwin(tx: Executor, assignment: RoleAssignment): Promise<void> {
  const roleName = assignment.roleDefinitionId.slice(assignment.roleDefinitionId.lastIndexOf('/') + 1).toLowerCase()
  const held = await listResources(tx, {
    type: roleAssignmentType,
    matching: [{ path: ['principalId'], anyOf: [assignment.principalId] }],
    limit: 10_000,
  })
  const twin = held.find(
    (item) =>
      String(item.properties['roleDefinitionId']).toLowerCase().endsWith(`/${roleName}`) &&
      String(item.properties['scope']).toLowerCase() === assignment.scope.toLowerCase(),
  )
  if (twin !== undefined) throw conflict(`The role assignment already exists as '${twin.id}'.`, { target: twin.id })
}

/** Whoever may not grant a role may not take it away either: removing a stronger one's rights is a way up as well. */
async function refuseRemoval(tx: Executor, ctx: Context, actor: Actor, resource: StoredResource): Promise<void> {
  if (actor.kind === 'System') return
  const tables = await ctx.authorization.tablesForChange(tx)
  const role = findRole(tables, String(resource.properties['roleDefinitionId']))
  if (role === undefined) return
  const assignment = {
    ...resource.properties,
    id: resource.id,
    scope: resource.properties['scope'] ?? scopeOfExtension(resource.id),
  } as unknown as RoleAssignment
  if (actor.id === assignment.principalId) return
  requireGrant(ctx, actor, { tables, role, assignment })
}
