import { accessKinds, AppError, invalid } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { bumpAuthorizationGeneration, isActionPattern, type DenyAssignment } from '../../kernel/authz/index.ts'
import { EVERYBODY } from '../../kernel/authz/index.ts'
import type { KindBehaviour, StoredResource } from '../../kernel/resources/index.ts'
import { readDirectoryForChange, refuseLosingLastOwner } from '../identity/index.ts'
import { effectiveScope } from './assignment-scope.ts'
import { requireKind } from './kinds.ts'

export const denyAssignmentType = 'Microsoft.Authorization/denyAssignments'

/** Deny assignments: beat every role; the denied cannot lift their own, and the last owner cannot be shut out. */
export function denyAssignmentBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: requireKind(accessKinds, denyAssignmentType),
    defaults: ({ id, body, actor, existing }) => ({
      ...body,
      properties: {
        ...body.properties,
        scope: effectiveScope(id, body.properties['scope'] as string | null | undefined),
        isSystemProtected:
          existing === undefined
            ? actor.kind === 'System' && body.properties['isSystemProtected'] === true
            : existing.properties['isSystemProtected'],
      },
    }),
    validate: async (tx, write) => {
      if (write.existing !== undefined) refuseLifting(write.existing, write.actor)
      const deny = { ...write.body.properties, id: write.id } as unknown as DenyAssignment
      for (const permission of deny.permissions) {
        const bad = [...permission.actions, ...permission.dataActions].find((pattern) => !isActionPattern(pattern))
        if (bad !== undefined) throw invalid(`'${bad}' is not an action pattern.`, { target: 'properties.permissions' })
      }
      await refuseLosingLastOwner(tx, ctx, {
        before: await readDirectoryForChange(tx),
        tables: (tables) => ({
          ...tables,
          denyAssignments: [...tables.denyAssignments.filter((item) => item.id.toLowerCase() !== write.id.toLowerCase()), deny],
        }),
      })
    },
    afterWrite: (tx) => bumpAuthorizationGeneration(tx),
    beforeDelete: async (_tx, resource, actor) => refuseLifting(resource, actor),
    afterDelete: (tx) => bumpAuthorizationGeneration(tx),
    present: (resource) => ({ ...resource.properties }),
  }
}

function refuseLifting(resource: StoredResource, actor: Actor): void {
  if (actor.kind === 'System') return
  const deny = resource.properties as unknown as DenyAssignment
  const own = new Set([actor.id, ...actor.groups].map((id) => id.toLowerCase()))
  const names = (list: readonly { id: string }[] | null | undefined): boolean =>
    (list ?? []).some((item) => item.id === EVERYBODY || own.has(item.id.toLowerCase()))
  const isDenied = names(deny.principals) && !names(deny.excludePrincipals)
  if (deny.isSystemProtected !== true && !isDenied) return
  throw new AppError(
    'AuthorizationFailed',
    deny.isSystemProtected === true
      ? 'The platform protects this deny assignment.'
      : 'Somebody whom this deny assignment does not name must change it.',
    {
      target: resource.id,
    },
  )
}
