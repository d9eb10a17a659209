import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../../../../testkit/src/index.ts'
import { systemActor } from '../../../kernel/auth/index.ts'
import { fireDueSchedules } from './fire-schedules.ts'

/** Without an engine: the schedules are fired by the tests, and their jobs wait. */
let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer({ engine: false })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-schedules`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/schedules`
  expect((await server.admin.put(group, { location: 'local' })).status).toBeLessThan(300)
  expect((await server.admin.put(workspace, { location: 'local', properties: {} })).status).toBeLessThan(300)
})
afterAll(() => server.close())

interface Fire {
  readonly fireTime: string
  readonly trigger: string
  readonly jobName: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A recurrence that names no start: due as soon as it is there. */
const hourly = { triggerType: 'Recurrence', frequency: 'Hour', interval: 1 }
const say = { jobType: 'Command', command: 'echo' }
const createJob = (jobDefinition: object) => ({ actionType: 'CreateJob', jobDefinition })
const firesOf = async (name: string) =>
  (await server.admin.get(`${workspace}/schedules/${name}/fires`)).json<{ value: Fire[] }>().value

async function write(name: string, properties: object): Promise<void> {
  const reply = await server.admin.put(`${workspace}/schedules/${name}`, { properties })
  expect(reply.status, reply.text).toBeLessThan(300)
}

it('fires a recurrence without a start at once and then in its interval, once however many engines look', async () => {
  await write('every-hour', { trigger: hourly, action: createJob(say) })
  await Promise.all(Array.from({ length: 4 }, () => fireDueSchedules(server.ctx)))
  await fireDueSchedules(server.ctx)
  const fires = await firesOf('every-hour')
  expect(fires).toMatchObject([{ trigger: 'Scheduled', jobName: expect.stringMatching(/^every-hour-/), error: null }])
  expect((await server.admin.get(`${workspace}/jobs/${fires[0]?.jobName ?? ''}`)).status).toBe(200)

  const upcoming = await server.admin.get(`${workspace}/schedules/every-hour/upcomingFires?count=3`)
  const { timeZone, value } = upcoming.json<{ timeZone: string; value: { fireTime: string }[] }>()
  const first = Date.parse(fires[0]?.fireTime ?? '')
  expect([timeZone, value.map(({ fireTime }) => (Date.parse(fireTime) - first) / 3_600_000)]).toEqual(['UTC', [1, 2, 3]])
})

it('fires by hand beside its times: a time that is due stays due', async () => {
  await write('by-hand', { trigger: hourly, action: createJob(say) })
  const manual = (await server.admin.post(`${workspace}/schedules/by-hand/trigger`, {})).json<{ jobName: string }>().jobName
  expect(await firesOf('by-hand')).toMatchObject([{ trigger: 'Manual', jobName: manual }])
  await fireDueSchedules(server.ctx)
  expect((await firesOf('by-hand')).map(({ trigger }) => trigger)).toEqual(['Manual', 'Scheduled'])
})

it('says why a fire made no job, and does not try the same time again', async () => {
  await server.admin.put(`${workspace}/jobs/original`, { properties: say })
  await write('orphan', { trigger: hourly, action: createJob({ jobType: 'Pipeline', sourceJobId: 'original' }) })
  const original = await server.ctx.resources.find(`${workspace}/jobs/original`)
  if (original !== undefined) await server.ctx.db.transaction((tx) => server.ctx.resources.removeIn(tx, systemActor, original))
  for (let look = 0; look < 2; look += 1) await fireDueSchedules(server.ctx)
  const fires = await firesOf('orphan')
  expect(fires).toMatchObject([
    { trigger: 'Scheduled', jobName: null, error: { message: expect.stringContaining("'original'") } },
  ])
})

it('does nothing while it is disabled, and foresees nothing', async () => {
  await write('asleep', { trigger: hourly, action: createJob(say), isEnabled: false })
  await fireDueSchedules(server.ctx)
  expect(await firesOf('asleep')).toEqual([])
  const upcoming = await server.admin.get(`${workspace}/schedules/asleep/upcomingFires`)
  expect(upcoming.json()).toEqual({ timeZone: 'UTC', value: [] })
})

it('refuses what is not there and what is no count', async () => {
  for (const path of ['fires', 'upcomingFires'])
    expect((await server.admin.get(`${workspace}/schedules/absent/${path}`)).status).toBe(404)
  expect((await server.admin.get(`${workspace}/schedules/every-hour/upcomingFires?count=0`)).status).toBe(400)
})
