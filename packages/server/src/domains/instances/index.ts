import { instanceKind, instanceOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route } from '../../kernel/http/index.ts'
import { reconcileKind } from '../../kernel/resources/index.ts'
import { applyInstance } from './controller.ts'
import { instanceBehaviour } from './instance-kind.ts'
import { mapOfInstance } from './map.ts'

/** Instances: one description becomes environments, registry, data lakes, personas and gates. */
export function instancesDomain(ctx: Context): DomainModule {
  return {
    name: 'instances',
    behaviours: [instanceBehaviour(ctx)],
    routes: [route(instanceOperations.map, async ({ actor, scope }) => ok(await mapOfInstance(ctx, actor, scope)))],
    tasks: { [reconcileKind({ kind: instanceKind })]: (task, signal) => applyInstance(ctx, task, signal) },
  }
}
