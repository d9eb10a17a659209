import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { startTestServer, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

describe('the server with TLS', () => {
  let server: TestServer
  let agent: Agent
  beforeAll(async () => {
    server = await startTestServer({ engine: false, tls: true })
    agent = new Agent({ ca: readFileSync(server.authorityPath), keepAlive: true, maxSockets: 1 })
  })
  afterAll(async () => {
    agent.destroy()
    await server.close()
  })

  const get = (path: string): Promise<{ status: number; text: string; reused: boolean }> =>
    new Promise((resolve, reject) => {
      const sent = request(`${server.httpsUrl}${path}`, { agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), reused: sent.reusedSocket }),
        )
      })
      sent.once('error', reject)
      sent.end()
    })

  it('answers as the plain listener does, on one connection', async () => {
    expect(await get('/health')).toMatchObject({ status: 200, reused: false })
    const discovery = await get('/discovery')
    expect(discovery.reused).toBe(true)
    expect(JSON.parse(discovery.text)).toMatchObject({ api: server.httpsUrl })
    expect((await get('/subscriptions')).status).toBe(401)
  })
})
