import { AppError, instanceKind, invalid, nameOf, nearest, type InstanceDescription } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { canGrantRole, roleIds } from '../../kernel/authz/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { KindBehaviour } from '../../kernel/resources/index.ts'
import { escalationContext, findRole } from '../identity/index.ts'
import { assignableRoleNames } from './access-plan.ts'

/** Instances: applied by the controller in the platform's name, so only somebody who could do all of it may ask for it. */
export function instanceBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: instanceKind,
    defaults: ({ body }) => {
      const { provisioningState: _state, steps: _steps, requestedBy: _by, ...description } = body.properties
      return { ...body, properties: description }
    },
    validate: async (tx, { id, actor, body }) => {
      const instance = body.properties as unknown as InstanceDescription
      if (instance.name.toLowerCase() !== nameOf(id).toLowerCase()) {
        throw invalid(`The file names the instance '${instance.name}', the address '${nameOf(id)}'.`, {
          target: 'properties.name',
        })
      }
      for (const [index, entry] of instance.assignments.entries()) {
        if (assignableRoleNames.includes(entry.role)) continue
        const hint = nearest(entry.role, assignableRoleNames)
        throw invalid(`Role '${entry.role}' is not shipped.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`, {
          target: `properties.assignments.${index}.role`,
        })
      }
      await requireOwner(tx, ctx, actor)
    },
    statusOnWrite: ({ actor, existing }) => ({
      provisioningState: existing === undefined ? 'Creating' : 'Updating',
      requestedBy: actor.id,
    }),
  }
}

/** Applying hands out ownership of environments: the caller must be able to do that itself. @throws AuthorizationFailed */
async function requireOwner(tx: Executor, ctx: Context, actor: Actor): Promise<void> {
  if (actor.kind === 'System') return
  const tables = await ctx.authorization.tablesForChange(tx)
  const owner = findRole(tables, roleIds.owner)
  const scope = `/subscriptions/${ctx.config.subscriptionId}`
  if (owner === undefined) throw new Error('The role Owner is not shipped.')
  const verdict = canGrantRole(escalationContext(ctx, tables, actor), { role: owner, scope, principalId: 'persona groups' })
  if (!verdict.allow)
    throw new AppError('AuthorizationFailed', `Applying an instance hands out roles in its environments. ${verdict.reason}`, {
      target: scope,
    })
}
