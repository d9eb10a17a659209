import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JobQueue } from '@fulcrum/contract'
import { startTestServer, until, type TestServer } from '../../../../../testkit/src/index.ts'

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer({
    config: {
      engine: { pollIntervalMs: 50, maxConcurrentJobs: 2 },
      host: { cores: 4, memoryBytes: 8 * 1024 ** 3, gpus: ['7'] },
      isolation: 'none',
    },
  })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-queue`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/queue`
  expect((await server.admin.put(group, { location: 'local' })).status).toBeLessThan(300)
  expect((await server.admin.put(workspace, { location: 'local', properties: {} })).status).toBeLessThan(300)
})
afterAll(() => server.close())

const job = (name: string) => `${workspace}/jobs/${name}`

function put(name: string, properties: Record<string, unknown>) {
  return server.admin.put(job(name), { properties: { jobType: 'Command', ...properties } })
}

async function propertiesOf(name: string) {
  return (await server.admin.get(job(name))).json<{ properties: Record<string, unknown> }>().properties
}

async function ended(name: string) {
  return until(`end of ${name}`, async () => {
    const properties = await propertiesOf(name)
    return ['Completed', 'Failed', 'Canceled'].includes(String(properties['status'])) ? properties : undefined
  })
}

function running(name: string) {
  return until(`${name} runs`, async () => (await propertiesOf(name))['status'] === 'Running')
}

async function queueOf(query = ''): Promise<JobQueue> {
  const reply = await server.admin.get(`${workspace}/queue${query}`)
  expect(reply.status, reply.text).toBe(200)
  return reply.json<JobQueue>()
}

/** Ends by itself when the file of this name lies in the directory of all such jobs. */
const waitsFor = (name: string) => `until [ -e ${server.ctx.config.dataDirectory}/${name} ]; do sleep 0.05; done`
const release = (name: string) =>
  server.admin.put(job(`release-${name}`), {
    properties: { jobType: 'Command', command: `touch ${server.ctx.config.dataDirectory}/${name}` },
  })

it('lets two jobs that need the one GPU run one after the other, and says what the second waits for', async () => {
  await put('first', { command: `echo "gpu=$CUDA_VISIBLE_DEVICES"; ${waitsFor('gpu')}`, resources: { dockerArgs: '--gpus 1' } })
  await running('first')
  await put('second', { command: 'true', resources: { dockerArgs: '--gpus=1' } })
  const queue = await queueOf()
  expect(queue.host.gpus).toEqual({ used: 1, limit: 1 })
  expect(queue.running).toMatchObject([{ jobName: 'first', devices: ['7'], request: { gpus: 1 } }])
  expect(queue.waiting).toMatchObject([
    {
      jobName: 'second',
      position: 1,
      reason: { code: 'Gpus', message: 'It asks for 1 GPU; this host has 0 GPUs free of 1 GPU.' },
    },
  ])
  await release('gpu')
  const [first, second] = [await ended('first'), await ended('second')]
  expect(Date.parse(String(second['startTime']))).toBeGreaterThanOrEqual(Date.parse(String(first['endTime'])))
  expect((await server.admin.get(`${job('first')}/logs/user_logs/std_log.txt`)).text).toContain('gpu=7')
})
