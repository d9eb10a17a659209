import { bumpAuthorizationGeneration, insertResource, roleIds, systemActor } from '@fulcrum/server'
import type { TestApi, TestServer } from '@fulcrum/testkit'

export interface WorkspaceFixture {
  /** ARM id. */
  readonly id: string
  /** Tracking URI without the origin. */
  readonly mlflow: string
  readonly api: TestApi
  readonly token: string
}

/** A workspace and a user with a role on it (`Owner` by default), written as rows so that only the subject under test is exercised. */
export async function createWorkspaceFixture(
  server: TestServer,
  name = 'alpha',
  role: keyof typeof roleIds = 'owner',
): Promise<WorkspaceFixture> {
  const { ctx } = server
  const subscription = `/subscriptions/${ctx.config.subscriptionId}`
  const id = `${subscription}/resourceGroups/dev/providers/Microsoft.MachineLearningServices/workspaces/${name}`
  const now = ctx.clock.now()
  const write = async (resourceId: string, type: string, properties: Record<string, unknown>): Promise<void> => {
    if ((await ctx.resources.find(resourceId)) !== undefined) return
    await insertResource(ctx.db.kysely, {
      id: resourceId,
      type,
      body: { properties },
      status: { provisioningState: 'Succeeded' },
      actor: systemActor,
      now,
    })
  }
  await write(`${subscription}/resourceGroups/dev`, 'Microsoft.Resources/resourceGroups', {})
  await write(id, 'Microsoft.MachineLearningServices/workspaces', {})
  const principalId = ctx.ids.uuid()
  await ctx.db.kysely
    .insertInto('principals')
    .values({ id: principalId, kind: 'User', name: `user-${principalId.slice(0, 8)}`, display_name: 'A user', created_at: now })
    .execute()
  await write(
    `${id}/providers/Microsoft.Authorization/roleAssignments/${ctx.ids.uuid()}`,
    'Microsoft.Authorization/roleAssignments',
    {
      principalId,
      principalType: 'User',
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleIds[role]}`,
      scope: id,
    },
  )
  await bumpAuthorizationGeneration(ctx.db.kysely)
  const token = await server.tokenOf(principalId)
  return { id, mlflow: `/mlflow/v1.0${id}`, api: server.api(token), token }
}
