import { request as httpRequest } from 'node:http'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@fulcrum/testkit'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { configFromEnv } from '../kernel/config/index.ts'
import { openDatabase } from '../kernel/db/database.ts'
import { systemIds } from '../kernel/ids.ts'
import { loadRootKey } from '../kernel/secrets/index.ts'
import { isSampled } from './collector.ts'
import { hashKey } from './credentials.ts'
import { encodeHead, FrameDecoder, FrameError, frameTypes } from './frames.ts'
import { startGateway, type Gateway } from './gateway.ts'
import { bucketOf, latencyBoundsMs, quantileMs } from './metrics.ts'
import type { RoutingSnapshot } from './snapshot.ts'
import { TrafficSplit } from './traffic.ts'

describe('frames', () => {
  it('come out whole, however the stream was cut', () => {
    const body = Buffer.from('the body')
    const stream = Buffer.concat([
      encodeHead(frameTypes.result, 7, { status: 200 }, body.length),
      body,
      encodeHead(frameTypes.pong, 2 ** 53 - 1, {}, 0),
    ])
    for (const size of [1, 2, 3, 5, 17, 1000]) {
      const decoder = new FrameDecoder()
      const frames = []
      for (let at = 0; at < stream.length; at += size) frames.push(...decoder.push(stream.subarray(at, at + size)))
      expect(frames).toHaveLength(2)
      expect(frames[0]).toMatchObject({ type: frameTypes.result, id: 7, header: { status: 200 } })
      expect(frames[0]?.body.toString()).toBe('the body')
      expect(frames[1]).toMatchObject({ type: frameTypes.pong, id: 2 ** 53 - 1 })
    }
  })

  it('that break a rule are refused', () => {
    const long = Buffer.alloc(4)
    long.writeUInt32LE(2 ** 30)
    expect(() => [...new FrameDecoder().push(long)]).toThrow(FrameError)
    const head = encodeHead(frameTypes.result, 1, { a: 1 }, 0)
    head.writeUInt32LE(60_000, 13)
    expect(() => [...new FrameDecoder().push(head)]).toThrow(FrameError)
    expect(() => encodeHead(frameTypes.infer, 1, { long: 'x'.repeat(70_000) }, 0)).toThrow(FrameError)
  })
})

describe('traffic', () => {
  it('is exact in every hundred requests for every split, and no deployment waits for long', () => {
    for (let percent = 0; percent <= 100; percent += 1) {
      const split = new TrafficSplit({ green: percent, blue: 100 - percent })
      for (let round = 0; round < 2; round += 1) {
        const picks = Array.from({ length: 100 }, () => split.pick())
        expect(picks.filter((name) => name === 'green')).toHaveLength(percent)
      }
    }
    const split = new TrafficSplit({ shadow: 10 })
    const picks = Array.from({ length: 100 }, () => split.pick())
    expect(picks.slice(0, 50).filter((name) => name === 'shadow').length).toBeGreaterThanOrEqual(3)
    expect(picks.filter((name) => name === undefined)).toHaveLength(90)
  })
})

describe('figures', () => {
  it('give quantiles that are at most one bucket too high', () => {
    const buckets = Array.from({ length: latencyBoundsMs.length + 1 }, () => 0)
    for (let latency = 1; latency <= 1000; latency += 1) buckets[bucketOf(latency)] = (buckets[bucketOf(latency)] ?? 0) + 1
    for (const quantile of [0.5, 0.9, 0.99]) {
      const found = quantileMs(buckets, quantile) ?? 0
      expect(found).toBeGreaterThanOrEqual(quantile * 1000)
      expect(found).toBeLessThanOrEqual(quantile * 1000 * 2 ** 0.25 * 1.001)
    }
    expect(quantileMs([], 0.5)).toBeUndefined()
  })

  it('sample a request as a whole and close to the wanted rate', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `request-${index}`)
    const sampled = ids.filter((id) => isSampled(id, 0.2)).length
    expect(sampled).toBeGreaterThan(1_700)
    expect(sampled).toBeLessThan(2_300)
    expect(ids.filter((id) => isSampled(id, 0.2) && !isSampled(id, 0.5))).toEqual([])
  })
})

describe('a gateway without API and database', () => {
  let directory: string
  let gateway: Gateway
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-gateway-'))
    await mkdir(join(directory, 'serving'))
    await writeFile(join(directory, 'score.py'), 'def init():\n    pass\ndef run(data):\n    return {"echo": data}\n')
    const id =
      '/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/alone'
    const snapshot: RoutingSnapshot = {
      generation: 3,
      endpoints: [
        {
          id,
          name: 'alone',
          workspaceId: id.split('/').slice(0, -2).join('/'),
          path: 'rg/ws/alone',
          authMode: 'Key',
          keyHashes: [hashKey('the key')],
          traffic: { blue: 100 },
          mirrorTraffic: {},
          deployments: [
            {
              id: `${id}/deployments/blue`,
              name: 'blue',
              revision: 1,
              engine: 'score.py',
              python: 'python3',
              modelDirectory: null,
              codeDirectory: directory,
              script: 'score.py',
              environmentVariables: {},
              instances: 1,
              workersPerInstance: 1,
              maxConcurrentPerInstance: 4,
              requestTimeoutMs: 5_000,
              kind: 'managed',
              collections: {},
              modelVersion: null,
            },
          ],
        },
      ],
    }
    await writeFile(join(directory, 'serving', 'routing-snapshot.json'), JSON.stringify(snapshot))
    gateway = await startGateway({
      config: { ...configFromEnv({ FULCRUM_HOME: directory }), durable: false, gateway: { host: '127.0.0.1', port: 0 } },
      log: pino({ level: 'silent' }),
      clock: systemClock,
      ids: systemIds,
      // Nothing listens on this port.
      db: openDatabase({ connectionString: 'postgresql://nobody@127.0.0.1:9/nothing' }),
      rootKey: await loadRootKey(join(directory, 'keys', 'root.key')),
      authorizeBearer: () => Promise.resolve(false),
      sink: () => Promise.resolve(),
    })
  })
  afterAll(async () => {
    await gateway.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('serves what it served before', async () => {
    const score = (): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        const call = httpRequest(
          `${gateway.address}/endpoints/rg/ws/alone/score`,
          { method: 'POST', headers: { authorization: 'Bearer the key' } },
          (response) => {
            let text = ''
            response.setEncoding('utf8').on('data', (part: string) => (text += part))
            response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
          },
        )
        call.once('error', reject)
        call.end('hello')
      })
    const answer = await until('the workers', async () => {
      const scored = await score()
      return scored.status === 200 ? scored : undefined
    })
    expect(JSON.parse(answer.text)).toEqual({ echo: 'hello' })
  })
})
