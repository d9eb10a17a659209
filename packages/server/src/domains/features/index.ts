import { featureContainerKinds, featureOperations, featureVersionKinds, notSupported } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { route } from '../../kernel/http/index.ts'
import { containerBehaviour, versionBehaviour } from '../storage/index.ts'

/** Feature sets and feature store entities, kept as Azure's clients write them. */
export function featuresDomain(ctx: Context): DomainModule {
  return {
    name: 'features',
    behaviours: [
      ...featureContainerKinds.map(containerBehaviour),
      ...featureVersionKinds.map((kind) => versionBehaviour(kind, { immutableMembers: ['entities', 'indexColumns'] })),
    ],
    routes: [
      route(featureOperations.backfill, async ({ scope }) => {
        await ctx.resources.require(scope)
        throw notSupported(
          'Materialisation of feature sets',
          'It needs Spark. Compute the features in a command step and register its output as data.',
        )
      }),
    ],
  }
}
