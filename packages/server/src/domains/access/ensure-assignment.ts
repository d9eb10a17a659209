import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { listResources } from '../../kernel/resources/index.ts'
import { guidOf } from './assignment-name.ts'
import { roleAssignmentType } from './role-assignments.ts'

export interface WantedAssignment {
  readonly principalId: string
  /** Full id of the role. */
  readonly roleDefinitionId: string
  /** A resource, group or subscription, or a provider namespace directly below a group. */
  readonly scope: string
  /** `preset/<persona>` or what else asked for it. */
  readonly createdBy: string
}

/** Makes an assignment exist, under a name made of its content. @returns true when it was missing */
export async function ensureAssignmentIn(tx: Executor, ctx: Context, actor: Actor, wanted: WantedAssignment): Promise<boolean> {
  const held = await listResources(tx, {
    type: roleAssignmentType,
    matching: [{ path: ['principalId'], anyOf: [wanted.principalId] }],
    limit: 10_000,
  })
  const isSame = (left: unknown, right: string): boolean => String(left).toLowerCase() === right.toLowerCase()
  if (
    held.some(
      (item) =>
        isSame(item.properties['roleDefinitionId'], wanted.roleDefinitionId) && isSame(item.properties['scope'], wanted.scope),
    )
  )
    return false
  const name = guidOf(wanted.scope, wanted.principalId, wanted.roleDefinitionId)
  // A provider namespace is no resource: the assignment hangs on its group and names the namespace as its scope.
  const anchor = wanted.scope.replace(/\/providers\/[^/]+$/, '')
  await ctx.resources.putIn(tx, actor, {
    id: `${anchor}/providers/${roleAssignmentType}/${name}`,
    type: roleAssignmentType,
    body: { properties: { ...wanted } },
  })
  return true
}
