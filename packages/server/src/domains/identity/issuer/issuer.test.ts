import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { createLocalJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueCredential, revokeBoundCredentials } from '../../../kernel/auth/index.ts'
import { issuerOf, mintWorkloadToken } from '../index.ts'

const resource = 'https://management.azure.com'

describe('tokens of workloads', () => {
  let server: TestServer
  let principalId: string
  let now = new Date('2026-05-01T10:00:00Z')
  beforeAll(async () => {
    server = await startTestServer({ engine: false, overrides: { clock: { now: () => now } } })
    const path = `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Identity/servicePrincipals/job-identity`
    principalId = (await server.admin.put(path, {})).json<{ properties: { principalId: string } }>().properties.principalId
  })
  afterAll(() => server.close())

  const statusWith = async (token: string): Promise<number> => (await server.api(token).get('/auth/me')).status
  const mint = (audience = resource) =>
    mintWorkloadToken(server.ctx, { subject: 'ws:w:job:j:1', audience, principalId, lifetimeMs: 600_000 })
  const keySet = async () => (await server.api().get('/.well-known/jwks.json')).json<JSONWebKeySet & Record<string, unknown>>()

  it('are accepted by our API and verify against the published keys', async () => {
    const { token } = await mint()
    expect(await statusWith(token)).toBe(200)
    const discovery = (await server.api().get('/.well-known/openid-configuration')).json<{ issuer: string; jwks_uri: string }>()
    expect(discovery.jwks_uri).toBe(`${discovery.issuer}/.well-known/jwks.json`)
    const keys = await keySet()
    expect(JSON.stringify(keys)).not.toContain('"d"')
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: discovery.issuer,
      audience: resource,
      currentDate: now,
    })
    expect(payload).toMatchObject({ sub: 'ws:w:job:j:1', oid: principalId, tid: server.ctx.config.tenantId })
  })

  it('are refused when forged: none, HS256 with the public key, a foreign key under our kid, a wrong kid, typ, issuer or audience', async () => {
    const { token } = await mint()
    const [head = '', body = ''] = token.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string; typ: string; kid: string }
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = decodeJwt(token)
    const published = (await keySet()).keys[0]
    const shared = new TextEncoder().encode(JSON.stringify(published))
    const foreign = await generateKeyPair('ES256', { extractable: true })
    const sign = (protectedHeader: Record<string, unknown>, payload: Record<string, unknown> = claims) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: header.kid, ...protectedHeader })
        .sign(foreign.privateKey)
    const forged: Record<string, string> = {
      none: `${encode({ ...header, alg: 'none' })}.${body}.`,
      hs256: await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' }).sign(shared),
      foreignKey: await sign({}),
      embeddedKey: await sign({ jwk: await exportJWK(foreign.publicKey) }),
      keyAddress: await sign({ jku: 'http://127.0.0.1:1/keys' }),
      kidPath: await sign({ kid: '../../etc/passwd' }),
      kidSql: await sign({ kid: "' or 1=1 --" }),
      changedBody: `${head}.${encode({ ...claims, oid: 'other' })}.${token.split('.')[2]}`,
      otherAudience: (await mint('https://storage.azure.com')).token,
      garbage: 'a.b.c',
    }
    for (const [what, attempt] of Object.entries(forged)) expect(await statusWith(attempt), what).toBe(401)
    const { privateKey, kid } = await signingKeyOf()
    const own = (payload: Record<string, unknown>, typ = 'JWT') =>
      new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ, kid }).sign(privateKey)
    expect(await statusWith(await own(claims))).toBe(200)
    expect(await statusWith(await own(claims, 'at+jwt'))).toBe(401)
    expect(await statusWith(await own({ ...claims, iss: 'http://evil.example' }))).toBe(401)
    for (const claim of ['exp', 'nbf', 'jti', 'sub', 'oid', 'epoch']) {
      expect(
        await statusWith(await own(Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim)))),
        claim,
      ).toBe(401)
    }
  })

  const signingKeyOf = async () => {
    const { SigningKeys } = await import('./signing-keys.ts')
    return new SigningKeys(server.ctx).signingKey()
  }

  it('end with their time, before their time, and with their principal', async () => {
    const { token } = await mint()
    const start = now
    now = new Date(start.getTime() + 600_000 + 61_000)
    expect(await statusWith(token)).toBe(401)
    now = new Date(start.getTime() - 61_000)
    expect(await statusWith(token)).toBe(401)
    now = start
    await expect(
      mintWorkloadToken(server.ctx, { subject: 's', audience: resource, principalId, lifetimeMs: 15 * 60_000 + 1 }),
    ).rejects.toThrow(RangeError)
    const path = `/subscriptions/${server.ctx.config.subscriptionId}/providers/Fulcrum.Identity/servicePrincipals/job-identity`
    await server.admin.patch(path, { properties: { enabled: false } })
    await server.admin.patch(path, { properties: { enabled: true } })
    expect(await statusWith(token)).toBe(401)
    expect(await statusWith((await mint()).token)).toBe(200)
  })

  it('come from the identity endpoint for a credential only, and die with the job', async () => {
    const boundTo = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/jobs/j'
    const { token: credential } = await issueCredential(server.ctx.db.kysely, server.ctx, {
      kind: 'job',
      principalId,
      name: 'job j',
      lifetimeMs: 3_600_000,
      scopes: ['Microsoft.MachineLearningServices/*/read'],
      boundTo,
    })
    const ask = (headers: Record<string, string>) =>
      server.api().request('GET', `/msi/token?api-version=2019-08-01&resource=${resource}`, { headers })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ 'x-identity-header': 'flc_pat_forged' })).status).toBe(401)
    expect((await ask({ 'x-identity-header': await server.tokenOf(principalId) })).status).toBe(200)
    expect((await ask({ 'x-identity-header': credential, 'x-forwarded-for': '10.0.0.1' })).status).toBe(401)
    const answer = await ask({ 'x-identity-header': credential })
    const body = answer.json<{ access_token: string; expires_on: string; resource: string; token_type: string }>()
    expect(body).toMatchObject({ resource, token_type: 'Bearer', expires_on: String(now.getTime() / 1000 + 900) })
    expect(decodeJwt(body.access_token)).toMatchObject({
      aud: resource,
      iss: issuerOf(server.ctx),
      bound_to: boundTo.toLowerCase(),
    })
    expect(await statusWith(body.access_token)).toBe(200)
    await revokeBoundCredentials(server.ctx.db.kysely, server.ctx.clock, boundTo)
    expect(await statusWith(body.access_token)).toBe(401)
    expect((await ask({ 'x-identity-header': credential })).status).toBe(401)
  })

  it('are signed by a new key after 90 days, while the old one still verifies', async () => {
    const before = (await keySet()).keys.map((key) => key.kid)
    const start = now
    now = new Date(start.getTime() + 90 * 86_400_000 + 1)
    const { token } = await mint()
    expect(await statusWith(token)).toBe(200)
    const after = (await keySet()).keys.map((key) => key.kid)
    expect(after).toHaveLength(2)
    expect(after.slice(1)).toEqual(before)
    now = start
  })
})
