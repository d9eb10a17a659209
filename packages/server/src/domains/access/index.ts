import { accessKinds, accessOperations, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { builtinRoles, roleIds } from '../../kernel/authz/index.ts'
import {
  nextPage,
  ok,
  positionOf,
  route,
  type ApiReply,
  type ApiRequest,
  type PageQuery,
  type Route,
} from '../../kernel/http/index.ts'
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

/** Id and index of the last row of a page. */
type PagePosition = [id: string, index: number]

/** After the last row; where that one was when somebody has removed it since. */
function startOf(rows: readonly { id: string }[], [id, index]: PagePosition): number {
  const found = rows.findIndex((row) => row.id === id)
  return found < 0 ? index : found + 1
}

/** Pages of a list that is small enough to be held in memory. */
function page(
  ctx: Context,
  request: ApiRequest<PageQuery & { readonly $filter?: string | undefined }>,
  rows: readonly { id: string }[],
): ApiReply {
  const { $top: limit = 1_000, $filter: filter } = request.query
  const position = positionOf<PagePosition>(ctx.cursors, request, filter)
  const start = position === undefined ? 0 : startOf(rows, position)
  const end = start + limit
  const value = rows.slice(start, end)
  const last = value.at(-1)
  const next: PagePosition | undefined = last === undefined || end >= rows.length ? undefined : [last.id, end - 1]
  return ok({ value, nextLink: nextPage(ctx.cursors, request, next, filter) })
}
