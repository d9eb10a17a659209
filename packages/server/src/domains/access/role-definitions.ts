import { accessKinds, AppError, conflict, invalid, notFound, type Resource } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import {
  bumpAuthorizationGeneration,
  builtinRoles,
  canDefineRole,
  isActionPattern,
  normalizeScope,
  coversScope,
  parseCondition,
  type RoleDefinition,
} from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { listResources, presentResource, type KindBehaviour, type ResourceWrite } from '../../kernel/resources/index.ts'
import { escalationContext } from '../identity/index.ts'
import { requireKind } from './kinds.ts'

export const roleDefinitionType = 'Microsoft.Authorization/roleDefinitions'
const everything = 5_000

/** Custom roles: nobody defines or widens a role beyond what it holds; shipped roles cannot be changed. */
export function roleDefinitionBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: requireKind(accessKinds, roleDefinitionType),
    defaults: ({ body }) => ({ ...body, properties: { ...body.properties, type: 'CustomRole' } }),
    validate: (tx, write) => validateRole(ctx, tx, write),
    afterWrite: (tx) => bumpAuthorizationGeneration(tx),
    beforeDelete: async (tx, resource) => {
      const assignments = await listResources(tx, { type: 'Microsoft.Authorization/roleAssignments', limit: 10_000 })
      const using = assignments.filter((item) =>
        String(item.properties['roleDefinitionId']).toLowerCase().endsWith(`/${resource.name.toLowerCase()}`),
      )
      if (using.length > 0)
        throw conflict(
          `Role '${String(resource.properties['roleName'])}' is assigned ${using.length} times, e.g. '${using[0]?.id}'. Remove the assignments first.`,
        )
    },
    afterDelete: (tx) => bumpAuthorizationGeneration(tx),
    present: (resource) => ({ ...resource.properties }),
  }
}

async function validateRole(ctx: Context, tx: Executor, write: ResourceWrite): Promise<void> {
  const name = write.id.slice(write.id.lastIndexOf('/') + 1)
  const role = { ...write.body.properties, id: write.id, name } as unknown as RoleDefinition
  if (builtinRoles.some((shipped) => shipped.name.toLowerCase() === name.toLowerCase()))
    throw conflict(`'${name}' is a shipped role and cannot be changed.`, { target: name })
  const others = await listResources(tx, { type: roleDefinitionType, limit: everything })
  const isTaken = (candidate: { roleName: unknown }): boolean =>
    String(candidate.roleName).toLowerCase() === role.roleName.toLowerCase()
  const twin = others.find(
    (other) =>
      other.id.toLowerCase() !== write.id.toLowerCase() &&
      (isTaken({ roleName: other.properties['roleName'] }) || other.name.toLowerCase() === name.toLowerCase()),
  )
  if (twin !== undefined || builtinRoles.some(isTaken))
    throw conflict(`A role named '${role.roleName}' exists already${twin === undefined ? '' : ` as '${twin.id}'`}.`, {
      target: 'properties.roleName',
    })
  refuseBadPatterns(role)
  if (write.actor.kind === 'System') return
  const tables = await ctx.authorization.tablesForChange(tx)
  const verdict = canDefineRole(escalationContext(ctx, tables, write.actor), role)
  if (verdict.allow) return
  throw new AppError('AuthorizationFailed', verdict.reason, {
    target: 'properties.permissions',
    details: verdict.missing.slice(0, 20).map((pattern) => ({ code: 'MissingPermission', message: pattern })),
  })
}

function refuseBadPatterns(role: RoleDefinition): void {
  for (const permission of role.permissions) {
    for (const pattern of [
      ...permission.actions,
      ...permission.notActions,
      ...permission.dataActions,
      ...permission.notDataActions,
    ]) {
      if (!isActionPattern(pattern))
        throw invalid(`'${pattern}' is not an action pattern such as 'Microsoft.MachineLearningServices/workspaces/*/read'.`, {
          target: 'properties.permissions',
        })
    }
    const condition = permission.condition ?? ''
    if (condition.trim() === '') continue
    const parsed = parseCondition(condition)
    if (!parsed.ok) throw invalid(parsed.reason, { target: 'properties.permissions' })
  }
}

/** Shipped roles and the custom ones assignable at the scope, shipped first. `roleName eq '…'` and `type eq '…'` filter. */
export async function listRoleDefinitions(ctx: Context, scope: string, filter: string | undefined): Promise<Resource[]> {
  const custom = await listResources(ctx.db.kysely, { type: roleDefinitionType, limit: everything, order: 'oldest' })
  const here = normalizeScope(scope) ?? '/'
  const assignable = custom.filter((role) => {
    const scopes = Array.isArray(role.properties['assignableScopes']) ? role.properties['assignableScopes'] : []
    return scopes.some((text) => coversScope(normalizeScope(String(text)) ?? '?', here))
  })
  const behaviour = ctx.resources.kinds.require(roleDefinitionType)
  const all = [...builtinRoles.map(presentShipped), ...assignable.map((role) => presentResource(behaviour, role))]
  return all.filter(matching(filter))
}

function matching(filter: string | undefined): (role: Resource) => boolean {
  if (filter === undefined || filter.trim() === '') return () => true
  const match = /^\s*(roleName|type)\s+eq\s+'((?:[^']|'')*)'\s*$/i.exec(filter)
  const [, member, quoted] = match ?? []
  if (member === undefined || quoted === undefined)
    throw new AppError('InvalidFilter', "Use $filter=roleName eq 'Reader' or type eq 'CustomRole'.", { target: '$filter' })
  const key = member.toLowerCase() === 'type' ? 'type' : 'roleName'
  const wanted = quoted.replaceAll("''", "'").toLowerCase()
  return (role) => String(role.properties[key]).toLowerCase() === wanted
}

/** A shipped or custom role by its GUID. @throws ResourceNotFound */
export async function getRoleDefinition(ctx: Context, scope: string, name: string): Promise<Resource> {
  const found = (await listRoleDefinitions(ctx, scope, undefined)).find((role) => role.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw notFound('Role definition', name)
  return found
}

const shippedAt = '2026-01-01T00:00:00.000Z'

export function presentShipped(role: RoleDefinition): Resource {
  const { id, name, roleName, type, description, permissions, assignableScopes } = role
  return {
    id,
    name,
    type: roleDefinitionType,
    properties: { roleName, type, description: description ?? '', permissions, assignableScopes },
    systemData: {
      createdBy: 'fulcrum',
      createdByType: 'Application',
      createdAt: shippedAt,
      lastModifiedBy: 'fulcrum',
      lastModifiedByType: 'Application',
      lastModifiedAt: shippedAt,
    },
  }
}
