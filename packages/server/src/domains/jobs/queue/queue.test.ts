import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../testkit/src/index.ts'
import { roleIds } from '../../../kernel/authz/index.ts'
import { startQueueWorld, type QueueWorld } from './test-queue.ts'

let world: QueueWorld
beforeAll(async () => {
  world = await startQueueWorld()
})
afterAll(() => world.server.close())

const startOf = (properties: Record<string, unknown>): number => Date.parse(String(properties['startTime']))
const endOf = (properties: Record<string, unknown>): number => Date.parse(String(properties['endTime']))

it('lets two jobs that need the one GPU run one after the other, and says what the second waits for', async () => {
  const command = `echo "gpu=$CUDA_VISIBLE_DEVICES"; ${world.holdUntil('gpu')}`
  await world.put('first', { command, resources: { dockerArgs: '--gpus 1' } })
  await world.reaches('first', 'Running')
  await world.put('second', { command: 'true', resources: { dockerArgs: '--gpus=1' } })
  const queue = await world.queue()
  expect(queue.host.gpus).toEqual({ used: 1, limit: 1 })
  expect(queue.running).toMatchObject([{ jobName: 'first', devices: ['7'], request: { gpus: 1 } }])
  const message = 'It asks for 1 GPU; this host has 0 GPUs free of 1 GPU.'
  expect(queue.waiting).toMatchObject([{ jobName: 'second', position: 1, reason: { code: 'Gpus', message } }])
  expect(await world.reaches('second', 'Queued')).toMatchObject({ waitingReason: message })
  await world.release('gpu')
  const [first, second] = [await world.reaches('first', 'Completed'), await world.reaches('second', 'Completed')]
  expect(startOf(second)).toBeGreaterThanOrEqual(endOf(first))
  expect(second).not.toHaveProperty('waitingReason')
  const log = await world.server.admin.get(`${world.workspace}/jobs/first/logs/user_logs/std_log.txt`)
  expect(log.text).toContain('gpu=7')
})

it('hides the GPUs from jobs that reserved none', async () => {
  await world.put('without', { command: 'echo "[$CUDA_VISIBLE_DEVICES]"' })
  await world.reaches('without', 'Completed')
  const log = await world.server.admin.get(`${world.workspace}/jobs/without/logs/user_logs/std_log.txt`)
  expect(log.text).toContain('[]')
})

it('refuses a job that asks for more than the host has, naming what there is', async () => {
  const reply = await world.server.admin.put(`${world.workspace}/jobs/greedy`, {
    properties: { jobType: 'Command', command: 'true', resources: { dockerArgs: '--gpus 2' } },
  })
  expect(reply.status).toBe(400)
  expect(reply.text).toContain('It asks for 2 GPUs; this host has 1 (FULCRUM_GPUS).')
})

it('starts by priority, then in the order of submission', async () => {
  for (const name of ['one', 'two']) await world.put(`block-${name}`, { command: world.holdUntil('priority') })
  for (const name of ['one', 'two']) await world.reaches(`block-${name}`, 'Running')
  await world.put('low', { command: 'true', queueSettings: { priority: 1 } })
  await world.put('medium', { command: 'true' })
  await world.put('high', { command: 'true', queueSettings: { priority: 'High' } })
  await world.put('premium', { command: 'true', queueSettings: { jobTier: 'Premium' } })
  const waiting = (await world.queue()).waiting
  expect(waiting.map((entry) => entry.jobName)).toEqual(['high', 'premium', 'medium', 'low'])
  expect(waiting.map((entry) => entry.position)).toEqual([1, 2, 3, 4])
  expect(new Set(waiting.map((entry) => entry.reason.code))).toEqual(new Set(['Slots']))
  await world.release('priority')
  const ended = []
  for (const name of ['high', 'medium', 'low']) ended.push(startOf(await world.reaches(name, 'Completed')))
  expect(ended).toEqual(ended.toSorted((left, right) => left - right))
})

it("does not let somebody's long pipeline keep another's single job waiting", async () => {
  const { server, workspace } = world
  const ben = await server.createUser('ben')
  await server.grant(ben, roleIds.contributor, workspace)
  const asBen = server.api(await server.tokenOf(ben))
  const steps = Array.from({ length: 8 }, (_, index) => [
    `step_${index}`,
    { type: 'command', command: world.holdUntil('pipeline') },
  ])
  await world.put('long', { jobType: 'Pipeline', experimentName: 'long', jobs: Object.fromEntries(steps) }, asBen)
  await world.put('longer', { jobType: 'Pipeline', experimentName: 'other', jobs: Object.fromEntries(steps) }, asBen)
  await until('both slots taken', async () => (await world.queue()).counts.running === 2)
  await world.put('single', { command: 'true' })
  const { waiting, counts } = await world.queue('?top=3')
  expect(waiting).toHaveLength(3)
  expect(waiting[0]).toMatchObject({ jobName: 'single', position: 1, submitter: 'admin' })
  // The experiment of the same person that holds less comes first.
  expect(waiting[1]).toMatchObject({ submitter: 'ben', stepName: expect.stringMatching(/^step_/) })
  expect(counts.waiting).toBeGreaterThanOrEqual(15)
  await world.release('pipeline')
  const single = await world.reaches('single', 'Completed')
  for (const name of ['long', 'longer']) {
    const pipeline = await world.reaches(name, 'Completed')
    expect(endOf(pipeline)).toBeGreaterThanOrEqual(startOf(single))
  }
})

it('shows the queue only to who may read jobs', async () => {
  const stranger = await world.server.createUser('stranger')
  const reply = await world.server.api(await world.server.tokenOf(stranger)).get(`${world.workspace}/queue`)
  expect(reply.status).toBe(404)
})
