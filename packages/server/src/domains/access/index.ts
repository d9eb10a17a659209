import { accessKinds, accessOperations, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { builtinRoles, roleIds } from '../../kernel/authz/index.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { listResources } from '../../kernel/resources/index.ts'
import { findAdministrator } from '../identity/index.ts'
import { denyAssignmentBehaviour } from './deny-assignments.ts'
import { ensureAssignmentIn } from './ensure-assignment.ts'
import { requireKind } from './kinds.ts'
import { listRoleAssignments } from './list-assignments.ts'
import { checkActions, explainAccess, whoCanAct } from './questions.ts'
import { roleAssignmentBehaviour, roleAssignmentType } from './role-assignments.ts'
import { getRoleDefinition, listRoleDefinitions, presentShipped, roleDefinitionBehaviour } from './role-definitions.ts'

export { ensureAssignmentIn } from './ensure-assignment.ts'

/** Roles, assignments, denies and locks as resources; the questions about access. Decisions themselves are the kernel's. */
export function accessDomain(ctx: Context): DomainModule {
  return {
    name: 'access',
    behaviours: [
      roleDefinitionBehaviour(ctx),
      roleAssignmentBehaviour(ctx),
      denyAssignmentBehaviour(ctx),
      { kind: requireKind(accessKinds, 'Microsoft.Authorization/locks'), present: (resource) => ({ ...resource.properties }) },
    ],
    routes: accessRoutes(ctx),
    bootstrap: () => ensureFirstOwner(ctx),
  }
}

/** First start: somebody must own the subscription. Later the last-owner rule keeps it so. */
async function ensureFirstOwner(ctx: Context): Promise<void> {
  const assignments = await listResources(ctx.db.kysely, { type: roleAssignmentType, limit: 1 })
  const administrator = await findAdministrator(ctx)
  if (assignments.length > 0 || administrator === undefined) return
  await ctx.db.transaction((tx) =>
    ensureAssignmentIn(tx, ctx, systemActor, {
      principalId: administrator.id,
      roleDefinitionId: roleIds.owner,
      scope: `/subscriptions/${ctx.config.subscriptionId}`,
      createdBy: 'first start',
    }),
  )
}

function accessRoutes(ctx: Context): Route[] {
  return [
    route(accessOperations.listRoleDefinitions, async (request) =>
      page(ctx, request, await listRoleDefinitions(ctx, request.scope, request.query.$filter)),
    ),
    route(accessOperations.getRoleDefinition, async ({ scope, params }) =>
      ok(await getRoleDefinition(ctx, scope, params['roleDefinitionName'] ?? '')),
    ),
    route(accessOperations.getShippedRole, async ({ params }) => {
      const name = (params['roleDefinitionName'] ?? '').toLowerCase()
      const role = builtinRoles.find((shipped) => shipped.name.toLowerCase() === name)
      if (role === undefined) throw notFound('Role definition', name)
      return ok(presentShipped(role))
    }),
    route(accessOperations.listRoleAssignments, async (request) =>
      page(ctx, request, await listRoleAssignments(ctx, request.scope, request.query.$filter)),
    ),
    route(accessOperations.explain, async ({ query, scope }) => ok(await explainAccess(ctx, { ...query, scope }))),
    route(accessOperations.whoCan, async ({ query, scope }) =>
      ok({ value: await whoCanAct(ctx, { ...query, scope }), nextLink: null }),
    ),
    route(accessOperations.check, async ({ actor, body, scope }) =>
      ok({ value: await checkActions(ctx, actor, { scope, actions: body.actions }) }),
    ),
  ]
}

interface PageQuery {
  readonly $top?: number | undefined
  readonly $skipToken?: string | undefined
  readonly $filter?: string | undefined
}

/** Pages of a list that is small enough to be held in memory; the token is the last id. */
function page(ctx: Context, request: ApiRequest<PageQuery>, rows: readonly { id: string }[]): ApiReply {
  const { $top: limit = 1_000, $skipToken: token, $filter: filter } = request.query
  const binding = `${request.actor.id} ${request.operation.id} ${request.scope.toLowerCase()} ${filter ?? ''}`
  const after = token === undefined ? undefined : String(ctx.cursors.decode(binding, token))
  const start = after === undefined ? 0 : rows.findIndex((row) => row.id === after) + 1
  const value = rows.slice(start, start + limit)
  const last = value.at(-1)
  if (last === undefined || start + limit >= rows.length) return ok({ value, nextLink: null })
  const next = new URL(request.url, request.origin)
  next.searchParams.set('$skipToken', ctx.cursors.encode(binding, last.id))
  return ok({ value, nextLink: next.toString() })
}
