import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../../testkit/src/index.ts'
import { roleIds } from '../../../kernel/authz/index.ts'
import { startQueueWorld, type QueueWorld } from './test-queue.ts'

let world: QueueWorld
beforeAll(async () => {
  world = await startQueueWorld()
})
afterAll(() => world.server.close())

const compute = (name: string) => `${world.workspace}/computes/${name}`

async function makeCompute(name: string, computeType: string, properties: Record<string, unknown>): Promise<void> {
  const reply = await world.server.admin.put(compute(name), { location: 'local', properties: { computeType, properties } })
  expect(reply.status, reply.text).toBeLessThan(300)
}

async function nodesOf(name: string): Promise<Record<string, unknown>> {
  const reply = await world.server.admin.get(compute(name))
  return reply.json<{ properties: { properties: Record<string, unknown> } }>().properties.properties
}

it('lets jobs of a stopped compute instance wait, says so, and starts them with it', async () => {
  await makeCompute('desk', 'ComputeInstance', { vmSize: 'Standard_DS3_v2' })
  expect((await world.server.admin.post(`${compute('desk')}/stop`)).status).toBe(202)
  await world.put('patient', { command: 'true', computeId: compute('desk') })
  await world.put('elsewhere', { command: 'true' })
  await world.reaches('elsewhere', 'Completed')
  const properties = await world.reaches('patient', 'Queued')
  expect(properties['waitingReason']).toContain("Compute instance 'desk' is stopped")
  const queue = await world.queue('?compute=desk')
  expect(queue.waiting).toMatchObject([{ jobName: 'patient', computeName: 'desk', reason: { code: 'ComputeStopped' } }])
  expect(queue.computes).toMatchObject([{ name: 'desk', computeType: 'ComputeInstance', state: 'Stopped', waiting: 1 }])
  expect((await world.server.admin.post(`${compute('desk')}/start`)).status).toBe(202)
  await world.reaches('patient', 'Completed')
})

it('ends a step that is cancelled while it waits for a stopped compute instance', async () => {
  await makeCompute('bench', 'ComputeInstance', { vmSize: 'small' })
  await world.server.admin.post(`${compute('bench')}/stop`)
  const jobs = { only: { type: 'command', command: 'true', computeId: compute('bench') } }
  await world.put('given-up', { jobType: 'Pipeline', jobs })
  const step = await until('the step waits', async () => {
    const { waiting } = await world.queue('?compute=bench')
    return waiting[0]?.jobName
  })
  expect((await world.server.admin.post(`${world.workspace}/jobs/${step}/cancel`)).status).toBe(202)
  await world.reaches(step, 'Canceled')
  await world.reaches('given-up', 'Failed', 'Canceled')
})

it('grows a cluster for its jobs up to its maximum, keeps a node idle, and lets it go', async () => {
  await makeCompute('cluster', 'AmlCompute', {
    vmSize: 'small',
    scaleSettings: { minNodeCount: 0, maxNodeCount: 1, nodeIdleTimeBeforeScaleDown: 'PT1S' },
  })
  expect(await nodesOf('cluster')).toMatchObject({ currentNodeCount: 0, targetNodeCount: 0, allocationState: 'Steady' })
  await world.put('resident', { command: world.holdUntil('cluster'), computeId: compute('cluster') })
  await world.reaches('resident', 'Running')
  await world.put('next', { command: 'true', computeId: compute('cluster') })
  expect(await world.reaches('next', 'Queued')).toMatchObject({
    waitingReason: "It asks for 1 node; compute 'cluster' has 0 nodes free of 1 node.",
  })
  await until('one running node', async () => {
    const { nodeStateCounts, currentNodeCount } = await nodesOf('cluster')
    return currentNodeCount === 1 && (nodeStateCounts as { runningNodeCount: number }).runningNodeCount === 1
  })
  const list = await world.server.admin.post(`${compute('cluster')}/listNodes`)
  expect(list.json()).toMatchObject({ nodes: [{ nodeId: 'cluster-0', nodeState: 'running', runId: 'resident' }] })
  await world.release('cluster')
  await world.reaches('next', 'Completed')
  await until('no node left', async () => (await nodesOf('cluster'))['currentNodeCount'] === 0)
  const phases = await world.server.admin.get(`${world.workspace}/jobs/resident/steps`)
  expect(phases.text).toContain('"Provisioning"')
})

const location = () =>
  `/subscriptions/${world.server.ctx.config.subscriptionId}/providers/Microsoft.MachineLearningServices/locations/local`

async function setQuota(id: string, limit: number | null) {
  const reply = await world.server.admin.post(`${location()}/updateQuotas`, { value: [{ id, limit, unit: 'Count' }] })
  expect(reply.status, reply.text).toBe(200)
  return reply.json<{ value: { status: string }[] }>().value[0]?.status
}

it('makes jobs over a quota wait with the reason, shows what is used, and lets them go when it is taken away', async () => {
  const quota = `${world.workspace}/quotas/concurrentJobs`
  expect(await setQuota(quota, 1)).toBe('Success')
  await world.put('within', { command: world.holdUntil('quota') })
  await world.reaches('within', 'Running')
  await world.put('over', { command: 'true' })
  expect(await world.reaches('over', 'Queued')).toMatchObject({
    waitingReason: "It asks for 1 concurrent job; the quota of workspace 'queue' has 0 concurrent jobs free of 1 concurrent job.",
  })
  expect((await world.queue()).quotas).toEqual([{ name: 'concurrentJobs', used: 1, limit: 1 }])
  const usages = (await world.server.admin.get(`${location()}/usages`)).json<{ value: { id: string }[] }>().value
  expect(usages.find((entry) => entry.id === quota.replace('quotas', 'usages'))).toMatchObject({ currentValue: 1, limit: 1 })
  expect(await setQuota(quota, null)).toBe('Success')
  await world.reaches('over', 'Completed')
  await world.release('quota')
})

it('counts a job that asks for no cores as one against a quota of cores of a compute', async () => {
  await makeCompute('small', 'AmlCompute', { vmSize: 'small', scaleSettings: { maxNodeCount: 4 } })
  await setQuota(`${compute('small')}/quotas/cores`, 2)
  await world.put('two-cores', { command: 'true', computeId: compute('small'), resources: { dockerArgs: '--cpus 2' } })
  await world.reaches('two-cores', 'Completed')
  await setQuota(`${compute('small')}/quotas/cores`, 0)
  await world.put('no-cores', { command: 'true', computeId: compute('small') })
  const properties = await world.reaches('no-cores', 'Queued')
  expect(properties['waitingReason']).toBe("It asks for 1 core; the quota of compute 'small' has only 0 cores.")
  await setQuota(`${compute('small')}/quotas/cores`, null)
  await world.reaches('no-cores', 'Completed')
})

it('refuses quotas that cannot be, and people who may not set them', async () => {
  const quota = `${world.workspace}/quotas/cores`
  expect(await setQuota(quota, 5)).toBe('InvalidQuotaExceedsSubscriptionLimit')
  const send = (value: unknown) => world.server.admin.post(`${location()}/updateQuotas`, { value: [value] })
  for (const limit of [-1, 0.5, 1e12]) expect((await send({ id: quota, limit })).status).toBe(400)
  expect((await send({ id: `${world.workspace}/quotas/corse`, limit: 1 })).text).toContain("Did you mean 'cores'?")
  expect((await send({ id: `${world.workspace}-2/quotas/cores`, limit: 1 })).status).toBe(400)
  const reader = await world.server.createUser('reader')
  await world.server.grant(reader, roleIds.contributor, world.workspace)
  const asReader = world.server.api(await world.server.tokenOf(reader))
  expect((await asReader.post(`${location()}/updateQuotas`, { value: [{ id: quota, limit: 1 }] })).status).toBeGreaterThanOrEqual(
    403,
  )
  const listed = (await asReader.get(`${location()}/quotas`)).json<{ value: { id: string; limit: number }[] }>().value
  expect(listed[0]).toMatchObject({ id: `${location()}/quotas/concurrentJobs`, limit: 2 })
})
