import { bumpAuthorizationGeneration, insertResource, roleIds, systemActor } from '@fulcrum/server'
import type { TestApi, TestServer } from '@fulcrum/testkit'

export interface WorkspaceFixture {
  /** ARM id. */
  readonly id: string
  /** Tracking URI without the origin. */
  readonly mlflow: string
  readonly principalId: string
  readonly api: TestApi
  readonly token: string
}

type Role = keyof typeof roleIds

/** A workspace and a user with a role on it (`owner` by default), written as rows so that only the subject under test is exercised. */
export async function createWorkspaceFixture(
  server: TestServer,
  name = 'alpha',
  role: Role = 'owner',
): Promise<WorkspaceFixture> {
  const { ctx } = server
  const subscription = `/subscriptions/${ctx.config.subscriptionId}`
  const id = `${subscription}/resourceGroups/dev/providers/Microsoft.MachineLearningServices/workspaces/${name}`
  await writeRow(server, `${subscription}/resourceGroups/dev`, 'Microsoft.Resources/resourceGroups')
  await writeRow(server, id, 'Microsoft.MachineLearningServices/workspaces')
  const principalId = ctx.ids.uuid()
  const principal = {
    id: principalId,
    kind: 'User',
    name: `user-${principalId.slice(0, 8)}`,
    display_name: 'A user',
    created_at: ctx.clock.now(),
  }
  await ctx.db.kysely.insertInto('principals').values(principal).execute()
  await grantRole(server, principalId, id, role)
  const token = await server.tokenOf(principalId)
  return { id, mlflow: `/mlflow/v1.0${id}`, principalId, api: server.api(token), token }
}

/** A registry without content. @returns its ARM id */
export async function createRegistryFixture(server: TestServer, name = 'shared'): Promise<string> {
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/shrd`
  await writeRow(server, group, 'Microsoft.Resources/resourceGroups')
  const id = `${group}/providers/Microsoft.MachineLearningServices/registries/${name}`
  await writeRow(server, id, 'Microsoft.MachineLearningServices/registries')
  return id
}

export async function grantRole(server: TestServer, principalId: string, scope: string, role: Role): Promise<void> {
  const { ctx } = server
  await writeRow(
    server,
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${ctx.ids.uuid()}`,
    'Microsoft.Authorization/roleAssignments',
    {
      principalId,
      principalType: 'User',
      roleDefinitionId: `/subscriptions/${ctx.config.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${roleIds[role]}`,
      scope,
    },
  )
  await bumpAuthorizationGeneration(ctx.db.kysely)
}

async function writeRow({ ctx }: TestServer, id: string, type: string, properties: Record<string, unknown> = {}): Promise<void> {
  if ((await ctx.resources.find(id)) !== undefined) return
  await insertResource(ctx.db.kysely, {
    id,
    type,
    body: { properties },
    status: { provisioningState: 'Succeeded' },
    actor: systemActor,
    now: ctx.clock.now(),
  })
}
