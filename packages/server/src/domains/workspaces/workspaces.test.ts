import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

describe('workspaces', () => {
  let server: TestServer
  let subscription: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    subscription = `/subscriptions/${server.ctx.config.subscriptionId}`
    await server.admin.put(`${subscription}/resourceGroups/rg-dev`, { location: 'local', tags: { 'fulcrum.environment': 'dev' } })
  })
  afterAll(() => server.close())

  it('answers a new workspace with what SDKs need and creates its neighbours', async () => {
    const id = `${subscription}/resourceGroups/rg-dev/providers/Microsoft.MachineLearningServices/workspaces/mlw-dev`
    const created = await server.admin.put(id, { location: 'local' })
    expect(created.status).toBe(200)
    const body = created.json<{ properties: Record<string, string>; identity: Record<string, string>; tags: object }>()
    expect(body).toMatchObject({
      id,
      tags: {},
      identity: { type: 'SystemAssigned', principalId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      properties: {
        provisioningState: 'Succeeded',
        workspaceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        mlFlowTrackingUri: expect.stringContaining(`/mlflow/v1.0${id}`),
        friendlyName: 'mlw-dev',
      },
    })
    for (const member of ['storageAccount', 'keyVault', 'applicationInsights', 'containerRegistry']) {
      expect((await server.admin.get(body.properties[member] ?? '')).status, member).toBe(200)
    }
    const again = await server.admin.put(id, {
      location: 'local',
      properties: { ...body.properties, friendlyName: 'Dev', workspaceId: 'mine' },
    })
    expect(again.status).toBe(200)
    expect(again.json()).toMatchObject({ properties: { friendlyName: 'Dev', workspaceId: body.properties['workspaceId'] } })
    const list = (await server.admin.get(`${subscription}/providers/Microsoft.MachineLearningServices/workspaces`)).json<{
      value: { id: string }[]
    }>()
    expect(list.value.map((item) => item.id)).toEqual([id])
    const discovery = await server.api().get(new URL(body.properties['discoveryUrl'] ?? '').pathname)
    expect(discovery.json()).toMatchObject({ api: 'http://127.0.0.1', history: 'http://127.0.0.1' })
  })

  it('lets a workspace be patched and deleted, with its identity', async () => {
    const id = `${subscription}/resourceGroups/rg-dev/providers/Microsoft.MachineLearningServices/workspaces/mlw-gone`
    const created = (await server.admin.put(id, {})).json<{ identity: { principalId: string } }>()
    const patched = await server.admin.patch(id, { tags: { a: 'b' }, properties: { description: 'Soon gone' } })
    expect(patched.json()).toMatchObject({ tags: { a: 'b' }, properties: { description: 'Soon gone' } })
    expect((await server.admin.delete(id)).status).toBe(200)
    expect((await server.admin.get(id)).status).toBe(404)
    const identity = await server.ctx.db.kysely
      .selectFrom('principals')
      .select('id')
      .where('id', '=', created.identity.principalId)
      .executeTakeFirst()
    expect(identity).toBeUndefined()
  })

  it('refuses neighbours that do not exist, environments that are none, and deleting a full group', async () => {
    const id = `${subscription}/resourceGroups/rg-dev/providers/Microsoft.MachineLearningServices/workspaces/mlw-bad`
    const refused = await server.admin.put(id, {
      properties: { keyVault: `${subscription}/resourceGroups/rg-dev/providers/Microsoft.KeyVault/vaults/none` },
    })
    expect(refused.status).toBe(400)
    expect(refused.json()).toMatchObject({ error: { target: 'properties.keyVault' } })
    const group = await server.admin.put(`${subscription}/resourceGroups/rg-x`, { tags: { 'fulcrum.environment': 'prd' } })
    expect(group.status).toBe(400)
    expect(group.text).toContain("Did you mean 'prod'")
    expect((await server.admin.delete(`${subscription}/resourceGroups/rg-dev`)).status).toBe(409)
  })

  it('shows a registry and where it answers', async () => {
    const id = `${subscription}/resourceGroups/rg-dev/providers/Microsoft.MachineLearningServices/registries/mlr`
    expect((await server.admin.put(id, { location: 'local' })).status).toBe(201)
    const found = await server.admin.get('/registrymanagement/v1.0/registries/mlr/discovery')
    expect(found.json()).toMatchObject({
      registryName: 'mlr',
      resourceGroup: 'rg-dev',
      primaryRegionResourceProviderUri: 'http://127.0.0.1/',
    })
    expect((await server.admin.get('/registrymanagement/v1.0/registries/none/discovery')).status).toBe(404)
  })
})
