import { marketplaceSubscriptionKind, notSupported, serverlessEndpointKind, serverlessOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { route, type Route } from '../../kernel/http/index.ts'
import type { KindBehaviour } from '../../kernel/resources/index.ts'

/** Models of Azure's catalogue are not served here: what refers to them is kept, and says that it does not run. */

const instead = "Deploy a model of your own to an online endpoint instead; Azure's catalogue models run in Azure only."

export function serverlessBehaviours(): KindBehaviour[] {
  return [
    {
      kind: serverlessEndpointKind,
      defaults: ({ body }) => ({ ...body, properties: { authMode: 'Key', ...body.properties } }),
      statusOnWrite: () => ({ provisioningState: 'Succeeded', endpointState: 'CreationFailed' }),
    },
    {
      kind: marketplaceSubscriptionKind,
      statusOnWrite: () => ({ provisioningState: 'Succeeded', marketplaceSubscriptionStatus: 'Unsubscribed' }),
    },
  ]
}

export function serverlessRoutes(ctx: Context): Route[] {
  return [
    route(serverlessOperations.listKeys, async ({ scope }) => {
      const endpoint = await ctx.resources.require(scope)
      throw notSupported(`Serving the serverless endpoint '${endpoint.name}'`, instead)
    }),
  ]
}
