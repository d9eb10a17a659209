import { availableParallelism, totalmem } from 'node:os'
import { notFound, subscriptionOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, route, type ApiRequest, type Route } from '../../kernel/http/index.ts'

/** What clients ask of a subscription: sizes, limits, places, providers. */
export function subscriptionRoutes(ctx: Context): Route[] {
  return [
    route(operations.vmSizes, async () => ok({ value: [hostSize()] })),
    route(operations.locations, async ({ scope }) =>
      ok({
        value: [
          {
            id: `${scope}/locations/local`,
            name: 'local',
            displayName: 'This host',
            regionalDisplayName: 'This host',
            type: 'Region',
            metadata: { regionType: 'Physical' },
          },
        ],
      }),
    ),
    route(operations.tenants, async () =>
      ok({
        value: [
          {
            id: `/tenants/${ctx.config.tenantId}`,
            tenantId: ctx.config.tenantId,
            displayName: 'Fulcrum',
            tenantCategory: 'Home',
          },
        ],
        nextLink: null,
      }),
    ),
    route(operations.provider, async (request) => ok(providerOf(ctx, request))),
    route(operations.registerProvider, async (request) => ok(providerOf(ctx, request))),
    route(operations.resourceGroupExists, async ({ scope }) => {
      await ctx.resources.require(scope)
      return { status: 204 }
    }),
  ]
}

/** The one size there is: the host. Other names are accepted by computes and mean the same. */
function hostSize() {
  return {
    name: 'local',
    family: 'host',
    vCPUs: availableParallelism(),
    gpus: 0,
    osVhdSizeMB: 0,
    maxResourceVolumeMB: 0,
    memoryGB: Math.round(totalmem() / 1024 ** 3),
    lowPriorityCapable: false,
    premiumIO: false,
    supportedComputeTypes: ['AmlCompute'],
  }
}

function providerOf(ctx: Context, { scope, params }: ApiRequest) {
  const wanted = params['providerNamespace'] ?? ''
  const types = ctx.resources.kinds
    .all()
    .map(({ kind }) => kind.type)
    .filter((type) => type.split('/')[0]?.toLowerCase() === wanted.toLowerCase())
  const [first] = types
  if (first === undefined) throw notFound('Provider', wanted, 'This server has no resource types of it.')
  const namespace = first.split('/')[0] ?? wanted
  return {
    id: `${scope}/providers/${namespace}`,
    namespace,
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationFree',
    resourceTypes: types.map((type) => ({
      resourceType: type.slice(namespace.length + 1),
      locations: ['local'],
      apiVersions: ['2025-12-01'],
      capabilities: 'None',
    })),
  }
}
