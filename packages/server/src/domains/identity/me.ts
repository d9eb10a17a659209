import { environmentTag, parseArmId, type Session } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { findResources, listResources } from '../../kernel/resources/index.ts'
import { findPrincipals } from './store.ts'

const workspaceType = 'Microsoft.MachineLearningServices/workspaces'

/** Who the caller is, and the workspaces it may read with the environment each belongs to. */
export async function describeCaller(ctx: Context, actor: Actor): Promise<Session> {
  const db = ctx.db.kysely
  const [self] = await findPrincipals(db, [actor.id])
  const groups = await findPrincipals(db, actor.groups)
  const scopes = await ctx.authorization.allowedScopes(actor, `${workspaceType}/read`)
  const workspaces = await listResources(db, { type: workspaceType, scopes, order: 'oldest', limit: 1_000 })
  const groupOf = (id: string): string => parseArmId(id)?.resourceGroup ?? ''
  const groupId = (id: string): string => `/subscriptions/${parseArmId(id)?.subscriptionId}/resourceGroups/${groupOf(id)}`
  const resourceGroups = await findResources(
    db,
    workspaces.map((workspace) => groupId(workspace.id)),
  )
  const environments = new Map(resourceGroups.map((group) => [group.id.toLowerCase(), group.tags[environmentTag]]))
  return {
    id: actor.id,
    name: actor.name,
    displayName: self?.display_name ?? actor.name,
    ...(self?.email === null || self?.email === undefined ? {} : { email: self.email }),
    kind: actor.kind,
    groups: groups.map((group) => ({ id: group.id, name: group.name })),
    subscriptionId: ctx.config.subscriptionId,
    tenantId: ctx.config.tenantId,
    workspaces: workspaces.map((workspace) => {
      const environment = environments.get(groupId(workspace.id).toLowerCase())
      return {
        id: workspace.id,
        name: workspace.name,
        resourceGroup: groupOf(workspace.id),
        ...(environment === undefined ? {} : { environment }),
      }
    }),
  }
}
