import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configFromEnv } from '../config/index.ts'
import { createAuthority, createServerCertificate } from './certificates.ts'
import { authorityPath, ensureServerCertificate, listenTls, type TlsListener } from './index.ts'

const day = 86_400_000
const now = new Date()

describe('certificates of the instance', () => {
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'fulcrum-tls-'))
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  const config = (env: Record<string, string> = {}) => configFromEnv({ FULCRUM_HOME: home, ...env })

  it('are made once, keys for the owner only, for loopback under each name', async () => {
    const first = await ensureServerCertificate(config(), now)
    expect(await ensureServerCertificate(config(), now)).toEqual(first)
    const authority = new X509Certificate(await readFile(authorityPath(home)))
    const server = new X509Certificate(first.certificate)
    expect(authority.ca).toBe(true)
    expect(server.ca).toBe(false)
    expect(server.verify(authority.publicKey) && server.checkIssued(authority)).toBe(true)
    expect(server.checkHost('localhost')).toBeDefined()
    expect(server.checkIP('127.0.0.1')).toBeDefined()
    expect(server.checkIP('::1')).toBeDefined()
    expect(server.checkHost('example.org')).toBeUndefined()
    expect(Date.parse(server.validTo) - now.getTime()).toBeLessThan(398 * day)
    for (const name of ['ca.key', 'server.key']) expect((await stat(join(home, 'tls', name))).mode & 0o777).toBe(0o600)
  })

  it('are renewed before they end, under the same authority, and when a host is added', async () => {
    const before = await ensureServerCertificate(config(), now)
    const soon = new Date(now.getTime() + 370 * day)
    const renewed = await ensureServerCertificate(config(), soon)
    expect(renewed.certificate).not.toBe(before.certificate)
    const authorityBefore = await readFile(authorityPath(home), 'utf8')
    const named = await ensureServerCertificate(config({ FULCRUM_ALLOWED_HOSTS: 'ml.example.org' }), soon)
    expect(new X509Certificate(named.certificate).checkHost('ml.example.org')).toBeDefined()
    expect(await readFile(authorityPath(home), 'utf8')).toBe(authorityBefore)
    const late = new Date(now.getTime() + 3_400 * day)
    const muchLater = await ensureServerCertificate(config(), late)
    const authority = new X509Certificate(await readFile(authorityPath(home)))
    expect(Date.parse(authority.validTo)).toBeGreaterThan(Date.parse(new X509Certificate(authorityBefore).validTo))
    // The key of the authority stays, so a client that trusts the first certificate accepts what the second signed.
    expect(new X509Certificate(muchLater.certificate).verify(new X509Certificate(authorityBefore).publicKey)).toBe(true)
  })

  it("may be the user's own, and half of a pair is refused", async () => {
    const authority = await createAuthority(now)
    const own = await createServerCertificate(now, authority, ['ml.example.org'])
    const [certificatePath, keyPath] = [join(home, 'own.pem'), join(home, 'own.key')]
    await writeFile(certificatePath, own.certificate)
    await writeFile(keyPath, own.key)
    const env = { FULCRUM_TLS_CERTIFICATE: certificatePath, FULCRUM_TLS_KEY: keyPath }
    expect(await ensureServerCertificate(config(env), now)).toEqual(own)
    expect(() => config({ FULCRUM_TLS_KEY: keyPath })).toThrow('FULCRUM_TLS_KEY is set without FULCRUM_TLS_CERTIFICATE')
  })
})

describe('the listener', () => {
  let listener: TlsListener
  let authority: { certificate: string; key: string }
  beforeAll(async () => {
    authority = await createAuthority(now)
    const pair = await createServerCertificate(now, authority, ['localhost', '127.0.0.1'])
    listener = await listenTls(pair, { host: '127.0.0.1', port: 0 }, (request, response) => {
      response.end(request.url)
    })
  })
  afterAll(() => listener.close())

  const serialOf = (agent: Agent | undefined, options: object = {}): Promise<{ serial: string; reused: boolean }> =>
    new Promise((resolve, reject) => {
      const request = get(
        { host: '127.0.0.1', port: listener.port, path: '/x', ca: authority.certificate, agent, ...options },
        (response) => {
          const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber
          response.resume().once('end', () => resolve({ serial, reused: request.reusedSocket }))
        },
      )
      request.once('error', reject)
    })

  it('keeps connections, shows a renewed certificate to new ones, and refuses TLS 1.1 and strangers', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = await serialOf(agent)
    expect(await serialOf(agent)).toEqual({ serial: first.serial, reused: true })
    listener.renew(await createServerCertificate(now, authority, ['localhost', '127.0.0.1']))
    const second = await serialOf(new Agent())
    expect(second.serial).not.toBe(first.serial)
    agent.destroy()
    await expect(serialOf(new Agent(), { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow()
    await expect(serialOf(new Agent(), { ca: undefined })).rejects.toThrow(/self-signed|unable to verify/)
  })
})
