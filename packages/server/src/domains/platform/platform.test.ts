import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'

describe('the platform', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.close())

  it('answers health without a token and nothing else', async () => {
    expect((await server.api().get('/health')).json()).toMatchObject({ status: 'ok' })
    const refused = await server.api().get('/subscriptions/s/providers/Fulcrum.Audit/events')
    expect(refused.status).toBe(401)
    expect(refused.json()).toMatchObject({ error: { code: 'InvalidAuthenticationToken' } })
  })

  it('shows an operation only to who may read its resource', async () => {
    const { ctx, admin } = server
    const group = `/subscriptions/${ctx.config.subscriptionId}/resourceGroups/operations`
    await admin.put(group, { location: 'local' })
    const registry = `${group}/providers/Microsoft.MachineLearningServices/registries/shared`
    await admin.put(registry, { location: 'local' })
    const version = `${registry}/models/m/versions/1`
    const accepted = await admin.put(version, { properties: { modelUri: 'https://example.com/m' } })
    const stranger = server.api(await server.tokenOf(await server.createUser('stranger')))
    for (const header of ['azure-asyncoperation', 'location']) {
      const path = new URL(String(accepted.headers[header])).pathname
      const refused = await stranger.get(path)
      expect(refused.status).toBe(404)
      expect(refused.json()).toMatchObject({ error: { message: expect.stringMatching(/^Operation '.*' was not found\.$/) } })
      expect([200, 202]).toContain((await admin.get(path)).status)
    }
  })

  it('refuses a host that is not its own', async () => {
    const response = await server.api().request('GET', '/health', { headers: { host: 'evil.example' } })
    expect(response.status).toBe(421)
  })

  it('seals events into a chain and names the event that somebody changed', async () => {
    const { ctx } = server
    for (const number of [1, 2, 3]) {
      await appendEvent(ctx.db.kysely, ctx, systemActor, {
        type: 'test.happened',
        subject: '/subscriptions/s',
        action: 'test/write',
        data: { number },
      })
    }
    const rows = await until('three sealed events', async () => {
      const sealed = await ctx.db.kysely
        .selectFrom('events')
        .selectAll()
        .where('type', '=', 'test.happened')
        .where('sequence', 'is not', null)
        .execute()
      return sealed.length === 3 ? sealed : undefined
    })
    const { verifyAuditChain } = await import('../../kernel/events/index.ts')
    expect(await verifyAuditChain(ctx.db.kysely)).toMatchObject({ intact: true })
    const victim = rows[1]?.sequence ?? 0
    await expect(
      ctx.db.kysely.updateTable('events').set({ action: 'x' }).where('sequence', '=', victim).execute(),
    ).rejects.toThrow(/sealed/)
    await ctx.db.pool.query('alter table events disable trigger all')
    await ctx.db.kysely.updateTable('events').set({ action: 'forged' }).where('sequence', '=', victim).execute()
    expect(await verifyAuditChain(ctx.db.kysely)).toMatchObject({ intact: false, brokenSequence: victim })
  })
})
