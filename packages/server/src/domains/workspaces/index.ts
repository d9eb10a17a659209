import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { connectionBehaviour } from './connection-kind.ts'
import { deploymentBehaviour, deploymentRoutes } from './deployments/deployment-kind.ts'
import { serviceRoutes } from './service-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'
import { neighbourBehaviours, resourceGroupBehaviour } from './plain-kinds.ts'
import { registryBehaviour } from './registry-kind.ts'
import { workspaceRoutes } from './routes.ts'
import { workspaceBehaviour } from './workspace-kind.ts'

export { addressOf, mlflowAddressOf, secureHostOf } from './addresses.ts'

/** Resource groups, workspaces, registries and their neighbours. */
export function workspacesDomain(ctx: Context): DomainModule {
  return {
    name: 'workspaces',
    behaviours: [
      resourceGroupBehaviour,
      workspaceBehaviour(ctx),
      registryBehaviour(ctx),
      ...neighbourBehaviours(ctx),
      connectionBehaviour(ctx),
      deploymentBehaviour(ctx),
    ],
    routes: [...workspaceRoutes(ctx), ...serviceRoutes(ctx), ...subscriptionRoutes(ctx), ...deploymentRoutes(ctx)],
  }
}
