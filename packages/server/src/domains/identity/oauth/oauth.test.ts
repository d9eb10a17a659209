import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const management = 'https://management.azure.com'

describe('the token endpoint', () => {
  let server: TestServer
  let principal: { principalId: string; applicationId: string }
  let secret: { id: string; token: string }
  let now = new Date('2026-05-01T10:00:00Z')
  const path = (name: string): string =>
    `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Identity/servicePrincipals/${name}`
  beforeAll(async () => {
    server = await startTestServer({ engine: false, overrides: { clock: { now: () => now } } })
    principal = (await server.admin.put(path('robot'), {})).json<{ properties: typeof principal }>().properties
    secret = (await server.admin.post(`${path('robot')}/credentials`, { name: 'ci' })).json()
  })
  afterAll(() => server.close())

  const post = async (address: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const answer = await server.api().request('POST', address, {
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
    return { status: answer.status, headers: answer.headers, body: answer.json<Record<string, string>>() }
  }
  const token = (form: Record<string, string>, version = '/v2.0') =>
    post(`/${server.ctx.config.tenantId}/oauth2${version}/token`, form)
  const credentials = () => ({
    grant_type: 'client_credentials',
    client_id: principal.applicationId,
    client_secret: secret.token,
  })
  const statusWith = async (bearer: string): Promise<number> => (await server.api(bearer).get('/auth/me')).status

  it('gives a service principal tokens for exactly the resource that it asks for, in both versions', async () => {
    const second = await token({ ...credentials(), scope: `${management}/.default` })
    expect(second).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 900 } })
    expect(decodeJwt(second.body['access_token'] ?? '')).toMatchObject({
      aud: management,
      oid: principal.principalId,
      appid: principal.applicationId,
      tid: server.ctx.config.tenantId,
    })
    expect(await statusWith(second.body['access_token'] ?? '')).toBe(200)
    const slashed = await token({ ...credentials(), scope: `${management}//.default openid offline_access` })
    expect(decodeJwt(slashed.body['access_token'] ?? '').aud).toBe(`${management}/`)
    const first = await token({ ...credentials(), resource: 'https://ml.azure.com' }, '')
    expect(first.body).toMatchObject({ resource: 'https://ml.azure.com', expires_in: '900' })
    expect(decodeJwt(first.body['access_token'] ?? '').aud).toBe('https://ml.azure.com')
    const storage = await token({ ...credentials(), scope: 'https://storage.azure.com/.default' })
    expect(await statusWith(storage.body['access_token'] ?? '')).toBe(401)
  })

  it('reads client_secret_basic, and the discovery documents lead to it', async () => {
    const discovery = (await server.api().get('/organizations/v2.0/.well-known/openid-configuration')).json<{
      token_endpoint: string
      issuer: string
    }>()
    const { client_id, client_secret, ...rest } = credentials()
    const answer = await post(
      new URL(discovery.token_endpoint).pathname,
      { ...rest, scope: `${management}/.default` },
      { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
    )
    expect(decodeJwt(answer.body['access_token'] ?? '').iss).toBe(discovery.issuer)
    const instance = (
      await server.api().get('/common/discovery/instance?authorization_endpoint=http%3A%2F%2F127.0.0.1%2Fx')
    ).json<{ tenant_discovery_endpoint: string }>()
    expect((await server.api().get(new URL(instance.tenant_discovery_endpoint).pathname)).status).toBe(200)
    expect((await server.api().get('/common/discovery/instance?authorization_endpoint=https://evil.example/x')).status).toBe(401)
  })

  it.each([
    [{ client_secret: 'flc_sp_wrong' }, 401, 'invalid_client'],
    [{ client_id: '00000000-0000-0000-0000-00000000000f' }, 401, 'invalid_client'],
    [{ client_secret: '', client_assertion: 'x' }, 401, 'invalid_client'],
    [{ scope: '' }, 400, 'invalid_request'],
    [{ scope: 'User.Read' }, 400, 'invalid_scope'],
    [{ scope: 'https://a.example/.default https://b.example/.default' }, 400, 'invalid_scope'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('refuses %j', async (change, status, error) => {
    const answer = await token({ ...credentials(), scope: `${management}/.default`, ...change })
    expect(answer).toMatchObject({ status, body: { error } })
    expect(answer.body['error_description']).toMatch(/^AADSTS\d+: /)
  })

  it('refuses another tenant, a personal token as secret, and other content types', async () => {
    const scope = `${management}/.default`
    const foreign = await post('/00000000-0000-0000-0000-00000000dead/oauth2/v2.0/token', { ...credentials(), scope })
    expect(foreign).toMatchObject({ status: 400, body: { error: 'invalid_tenant' } })
    const personal = await server.tokenOf(principal.principalId)
    expect((await token({ ...credentials(), client_secret: personal, scope })).status).toBe(401)
    const typed = await post(`/common/oauth2/v2.0/token`, { ...credentials(), scope }, { 'content-type': 'application/json' })
    expect(typed.body['error']).toBe('invalid_request')
  })

  it('limits guessing per client, and only for a minute', async () => {
    const wrong = { ...credentials(), client_id: 'guessed', client_secret: 'x', scope: `${management}/.default` }
    const statuses: number[] = []
    for (let attempt = 0; attempt < 21; attempt += 1) statuses.push((await token(wrong)).status)
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401))
    const limited = await token(wrong)
    expect(limited).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } })
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect((await token({ ...credentials(), scope: `${management}/.default` })).status).toBe(200)
    now = new Date(now.getTime() + 61_000)
    expect((await token(wrong)).status).toBe(401)
  })

  it('takes tokens away with the secret', async () => {
    const other = (await server.admin.post(`${path('robot')}/credentials`, { name: 'second' })).json<typeof secret>()
    const form = { ...credentials(), client_secret: other.token, scope: `${management}/.default` }
    const minted = (await token(form)).body['access_token'] ?? ''
    expect(await statusWith(minted)).toBe(200)
    expect((await server.admin.delete(`${path('robot')}/credentials/${other.id}`)).status).toBe(200)
    expect(await statusWith(minted)).toBe(401)
    expect((await token(form)).status).toBe(401)
  })

  describe('with a device', () => {
    const clientId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
    const start = async () =>
      (
        await post('/common/oauth2/v2.0/devicecode', {
          client_id: clientId,
          scope: `${management}/.default openid offline_access profile`,
        })
      ).body
    const poll = (deviceCode: string | undefined, client = clientId) =>
      token({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: client,
        device_code: deviceCode ?? '',
      })

    it('waits, then acts as the user who approved, once, until the token is revoked', async () => {
      const started = await start()
      expect(started['user_code']).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
      expect((await poll(started['device_code'])).body['error']).toBe('authorization_pending')
      expect((await poll(started['device_code'])).body['error']).toBe('slow_down')
      expect((await poll(started['device_code'], 'another-client')).body['error']).toBe('invalid_grant')
      const user = await server.createUser('dana')
      const dana = server.api(await server.tokenOf(user))
      const address = `/auth/device/${started['user_code']?.toLowerCase()}`
      expect((await server.api().get(address)).status).toBe(401)
      expect((await server.api(secret.token).post(address, { approve: true })).status).toBe(403)
      expect((await dana.get(address)).json()).toMatchObject({ clientId, audience: management })
      expect((await dana.post(address, { approve: true })).json()).toMatchObject({ state: 'approved' })
      const answer = await poll(started['device_code'])
      expect(decodeJwt(answer.body['access_token'] ?? '')).toMatchObject({ oid: user, aud: management, idtyp: 'user' })
      expect(decodeJwt(answer.body['id_token'] ?? '')).toMatchObject({ aud: clientId, preferred_username: 'dana' })
      expect(await statusWith(answer.body['access_token'] ?? '')).toBe(200)
      expect(await statusWith(answer.body['id_token'] ?? '')).toBe(401)
      expect((await poll(started['device_code'])).body['error']).toBe('invalid_grant')
      const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token: answer.body['refresh_token'] ?? '' }
      const renewed = await token({ ...refresh, scope: 'https://ml.azure.com/.default' })
      expect(decodeJwt(renewed.body['access_token'] ?? '').aud).toBe('https://ml.azure.com')
      const tokens = (await dana.get('/auth/tokens')).json<{ value: { id: string; name: string }[] }>().value
      const granted = tokens.find(({ name }) => name === `device sign-in (${clientId})`)
      expect((await dana.delete(`/auth/tokens/${granted?.id}`)).status).toBe(204)
      expect(await statusWith(answer.body['access_token'] ?? '')).toBe(401)
      expect((await token({ ...refresh, scope: `${management}/.default` })).body['error']).toBe('invalid_grant')
    })

    it('is told when it was refused, and when its code is over', async () => {
      const refused = await start()
      await server.admin.post(`/auth/device/${refused['user_code']}`, { approve: false })
      expect((await poll(refused['device_code'])).body['error']).toBe('authorization_declined')
      const late = await start()
      now = new Date(now.getTime() + 15 * 60_000)
      expect((await poll(late['device_code'])).body['error']).toBe('expired_token')
      expect((await server.admin.get(`/auth/device/${late['user_code']}`)).status).toBe(404)
    })

    it('has a page that runs only its own script', async () => {
      const page = await server.api().get('/device')
      expect(page.text).toContain('Approve a device')
      expect(page.headers['content-security-policy']).toMatch(/script-src 'sha256-[^']+';.*connect-src 'self'/)
    })
  })
})
