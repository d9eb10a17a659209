import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAdministrator } from './index.ts'
import { createSignInToken } from './session.ts'

describe('identity', () => {
  let server: TestServer
  let identity: string
  let now = new Date('2026-05-01T10:00:00Z')
  beforeAll(async () => {
    server = await startTestServer({ engine: false, overrides: { clock: { now: () => now } } })
    identity = `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Identity`
  })
  afterAll(() => server.close())

  const cookieOf = (headers: Readonly<Record<string, unknown>>): string => String(headers['set-cookie']).split(';')[0] ?? ''
  const signIn = (token: string, headers: Record<string, string> = {}) =>
    server.api().request('POST', '/auth/session', { body: { token }, headers })
  const userId = async (name: string): Promise<string> =>
    (await server.admin.put(`${identity}/users/${name}`, {})).json<{ properties: { principalId: string } }>().properties
      .principalId

  it('creates one administrator on the first start, without any credential', async () => {
    const credentials = await server.ctx.db.kysely.selectFrom('credentials').select('name').where('name', '<>', 'test').execute()
    expect(credentials).toEqual([])
    expect((await server.admin.get('/auth/me')).json()).toMatchObject({
      name: 'admin',
      kind: 'User',
      subscriptionId: server.ctx.config.subscriptionId,
    })
  })

  it('signs in once by a link, and the cookie alone changes nothing', async () => {
    const administrator = await findAdministrator(server.ctx)
    const { token } = await createSignInToken(server.ctx, administrator?.id ?? '')
    expect((await signIn(token, { origin: 'http://evil.example' })).status).toBe(403)
    expect((await signIn(token, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await signIn(token, { 'content-type': 'text/plain' })).status).toBe(415)
    const signedIn = await signIn(token)
    expect(signedIn.status).toBe(200)
    expect(String(signedIn.headers['set-cookie'])).toMatch(
      /^fulcrum_session=flc_ses_\w+; HttpOnly; SameSite=Strict; Path=\/; Max-Age=86400$/,
    )
    expect((await signIn(token)).status).toBe(401)
    const cookie = cookieOf(signedIn.headers)
    const call = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
      server.api().request(method, path, { headers: { cookie, ...headers }, ...(body === undefined ? {} : { body }) })
    expect((await call('GET', '/auth/me')).json()).toMatchObject({ name: 'admin' })
    expect((await call('PUT', `${identity}/users/forged`, {}, {})).json()).toMatchObject({ error: { code: 'CsrfRejected' } })
    expect(
      (await call('PUT', `${identity}/users/forged`, { 'x-fulcrum-csrf': '1', origin: 'http://evil.example' }, {})).status,
    ).toBe(403)
    expect((await server.admin.get(`${identity}/users/forged`)).status).toBe(404)
    expect((await call('PUT', `${identity}/users/real`, { 'x-fulcrum-csrf': '1', origin: 'http://127.0.0.1' }, {})).status).toBe(
      201,
    )
    expect((await call('DELETE', '/auth/session', { 'x-fulcrum-csrf': '1' })).status).toBe(204)
    expect((await call('GET', '/auth/me')).status).toBe(401)
  })

  it('ends a session after a day and a link after a quarter of an hour', async () => {
    const { token } = await createSignInToken(server.ctx, await userId('late'))
    const { token: unused } = await createSignInToken(server.ctx, await userId('late'))
    const cookie = cookieOf((await signIn(token)).headers)
    const before = now
    now = new Date(before.getTime() + 16 * 60_000)
    expect((await signIn(unused)).status).toBe(401)
    expect((await server.api().request('GET', '/auth/me', { headers: { cookie } })).status).toBe(200)
    now = new Date(before.getTime() + 24 * 3_600_000 + 1)
    expect((await server.api().request('GET', '/auth/me', { headers: { cookie } })).status).toBe(401)
    now = before
  })

  it('issues tokens that are never wider than the one that asks, and revokes them with their sessions', async () => {
    const reading = (
      await server.admin.post('/auth/tokens', {
        name: 'reading',
        scopes: ['*/read', 'Fulcrum.Identity/tokens/write'],
        expiresInDays: 1,
      })
    ).json<{ id: string; token: string }>()
    const reader = server.api(reading.token)
    expect((await reader.get(`${identity}/users`)).status).toBe(200)
    expect((await reader.put(`${identity}/users/x`, {})).status).toBe(403)
    expect((await reader.post('/auth/tokens', { name: 'wider', expiresInDays: 1 })).status).toBe(403)
    expect((await reader.post('/auth/tokens', { name: 'wider', scopes: ['Microsoft.*'], expiresInDays: 1 })).status).toBe(403)
    expect(
      (await reader.post('/auth/tokens', { name: 'narrower', scopes: ['Microsoft.Resources/*/read'], expiresInDays: 1 })).status,
    ).toBe(201)
    expect((await server.admin.post('/auth/tokens', { name: 'endless' })).status).toBe(400)
    const listed = (await server.admin.get('/auth/tokens')).text
    expect(listed).toContain(reading.id)
    expect(listed).not.toContain(reading.token)
    const cookie = cookieOf((await signIn(reading.token)).headers)
    const bySession = (method: string, path: string) =>
      server.api().request(method, path, { headers: { cookie, 'x-fulcrum-csrf': '1' }, body: {} })
    expect((await bySession('PUT', `${identity}/users/x`)).status).toBe(403)
    expect((await server.admin.delete(`/auth/tokens/${reading.id}`)).status).toBe(204)
    expect((await reader.get('/auth/me')).status).toBe(401)
    expect((await bySession('GET', '/auth/me')).status).toBe(401)
  })

  it('shuts a disabled user out at once', async () => {
    const id = await userId('eve')
    const eve = server.api(await server.tokenOf(id))
    expect((await eve.get('/auth/me')).status).toBe(200)
    expect((await server.admin.patch(`${identity}/users/eve`, { properties: { enabled: false } })).json()).toMatchObject({
      properties: { enabled: false },
    })
    expect((await eve.get('/auth/me')).status).toBe(401)
  })

  it('keeps two secrets of a service principal at most, and each ends alone', async () => {
    await server.admin.put(`${identity}/servicePrincipals/ci`, {})
    const secrets = `${identity}/servicePrincipals/ci/credentials`
    const [first, second] = [
      await server.admin.post(secrets, { name: 'a' }),
      await server.admin.post(secrets, { name: 'b' }),
    ].map((reply) => reply.json<{ id: string; token: string }>())
    expect((await server.admin.post(secrets, { name: 'c' })).status).toBe(409)
    expect((await server.admin.delete(`${secrets}/${first?.id}`)).status).toBe(200)
    expect((await server.api(first?.token).get('/auth/me')).status).toBe(401)
    expect((await server.api(second?.token).get('/auth/me')).json()).toMatchObject({ name: 'ci', kind: 'ServicePrincipal' })
    expect((await server.api(second?.token).post('/auth/tokens', { name: 'escape', expiresInDays: 300 })).status).toBe(403)
    expect((await signIn(second?.token ?? '')).status).toBe(401)
  })

  it('nests groups, follows them, and refuses a cycle', async () => {
    for (const name of ['outer', 'middle', 'inner']) await server.admin.put(`${identity}/groups/${name}`, {})
    await userId('mia')
    expect((await server.admin.put(`${identity}/groups/outer/members/middle`, {})).status).toBe(201)
    expect((await server.admin.put(`${identity}/groups/middle/members/inner`, {})).status).toBe(201)
    expect((await server.admin.put(`${identity}/groups/inner/members/mia`, {})).status).toBe(201)
    expect((await server.admin.put(`${identity}/groups/inner/members/mia`, {})).status).toBe(200)
    const cycle = await server.admin.put(`${identity}/groups/inner/members/outer`, {})
    expect(cycle.status).toBe(400)
    expect(cycle.text).toContain('cycle')
    expect((await server.admin.put(`${identity}/groups/inner/members/inner`, {})).status).toBe(400)
    const mia = server.api(await server.tokenOf(await userId('mia')))
    const groups = (await mia.get('/auth/me')).json<{ groups: { name: string }[] }>().groups.map((group) => group.name)
    expect(groups).toEqual(['inner', 'middle', 'outer'])
    expect((await server.admin.delete(`${identity}/groups/middle`)).status).toBe(200)
    expect((await mia.get('/auth/me')).json<{ groups: { name: string }[] }>().groups.map((group) => group.name)).toEqual([
      'inner',
    ])
  })

  it('takes a name that a group and a program share for the program', async () => {
    for (const kind of ['groups', 'servicePrincipals']) await server.admin.put(`${identity}/${kind}/shared`, {})
    const added = await server.admin.put(`${identity}/groups/shared/members/shared`, {})
    expect(added.status).toBe(201)
    expect(added.json()).toMatchObject({ type: 'Fulcrum.Identity/servicePrincipals' })
  })

  it('pages principals by name and refuses a forged page token', async () => {
    const first = (await server.admin.get(`${identity}/users?$top=2`)).json<{ value: { name: string }[]; nextLink: string }>()
    expect(first.value).toHaveLength(2)
    const next = new URL(first.nextLink)
    const second = (await server.admin.get(next.pathname + next.search)).json<{ value: { name: string }[] }>()
    expect((second.value[0]?.name ?? '') > (first.value[1]?.name ?? '')).toBe(true)
    expect((await server.admin.get(`${identity}/users?$skipToken=YQ.forged`)).status).toBe(400)
  })
})
