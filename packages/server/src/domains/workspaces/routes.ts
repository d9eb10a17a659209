import { notFound, parseArmId, workspaceOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
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
import { listResources, presentResource } from '../../kernel/resources/index.ts'

const workspaceType = 'Microsoft.MachineLearningServices/workspaces'
const registryType = 'Microsoft.MachineLearningServices/registries'

export function workspaceRoutes(ctx: Context): Route[] {
  return [
    route(workspaceOperations.listSubscriptions, async () => ok({ value: [presentSubscription(ctx)], nextLink: null })),
    route(workspaceOperations.getSubscription, async ({ params }) => {
      const id = params['subscriptionId'] ?? ''
      if (id.toLowerCase() !== ctx.config.subscriptionId.toLowerCase())
        throw notFound('Subscription', id, `This instance has '${ctx.config.subscriptionId}'.`)
      return ok(presentSubscription(ctx))
    }),
    route(workspaceOperations.listWorkspaces, (request) => listOfType(ctx, request, workspaceType)),
    route(workspaceOperations.listRegistries, (request) => listOfType(ctx, request, registryType)),
    route(workspaceOperations.discovery, async ({ origin }) =>
      ok({ api: origin, history: origin, modelmanagement: origin, mlflow: origin }),
    ),
    route(workspaceOperations.registryDiscovery, (request) => registryDiscovery(ctx, request)),
    route(workspaceOperations.metadata, async ({ origin }) => ok([cloudMetadata(origin)])),
  ]
}

function presentSubscription(ctx: Context) {
  const { subscriptionId, tenantId } = ctx.config
  return { id: `/subscriptions/${subscriptionId}`, subscriptionId, tenantId, displayName: 'Fulcrum', state: 'Enabled' }
}

/** Everything of a type in the subscription that the caller may read. */
async function listOfType(ctx: Context, request: ApiRequest<PageQuery>, type: string): Promise<ApiReply> {
  const { $top: limit = 100 } = request.query
  const after = positionOf<number>(ctx.cursors, request)
  const rows = await listResources(ctx.db.kysely, {
    type,
    withinId: request.scope,
    order: 'oldest',
    limit: limit + 1,
    scopes: await ctx.authorization.allowedScopes(request.actor, request.operation.action),
    ...(after === undefined ? {} : { after }),
  })
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  const behaviour = ctx.resources.kinds.require(type)
  return ok({
    value: page.map((resource) => presentResource(behaviour, resource, request.origin)),
    nextLink: nextPage(ctx.cursors, request, last?.createdSequence),
  })
}

/** Looked up by name alone, so it shows only registries that the caller may read. */
async function registryDiscovery(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const name = request.params['registryName'] ?? ''
  const scopes = await ctx.authorization.allowedScopes(request.actor, `${registryType}/read`)
  const registries = await listResources(ctx.db.kysely, { type: registryType, scopes, limit: 1_000 })
  const registry = registries.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase())
  if (registry === undefined) throw notFound('Registry', name)
  const parsed = parseArmId(registry.id)
  const location = registry.location ?? 'local'
  return ok({
    registryName: registry.name,
    primaryRegion: location,
    regions: [location],
    primaryRegionResourceProviderUri: `${request.origin}/`,
    subscriptionId: parsed?.subscriptionId,
    resourceGroup: parsed?.resourceGroup,
    tenantId: ctx.config.tenantId,
    registryFqdns: { [location]: {} },
  })
}

/** @see `/metadata/endpoints` of Azure Resource Manager */
function cloudMetadata(origin: string) {
  return {
    name: 'Fulcrum',
    // Clients make the name of the ML resource from what follows the second dot: https://ml.azure.com, whatever our host is called.
    portal: `${origin.replaceAll('.', '%2E')}/portal.azure.com`,
    resourceManager: `${origin}/`,
    authentication: { loginEndpoint: `${origin}/`, audiences: [origin] },
    // Accounts are path segments below our host, named as in Azure; see the account names of datastores.
    suffixes: { storage: 'core.windows.net' },
  }
}
