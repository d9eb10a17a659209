import type { EventDelivery } from '@fulcrum/contract'
import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signals, startMonitorTestBed, type MonitorTestBed } from '../monitoring.fixture.ts'
import { deliverToSubscriptions } from './index.ts'

describe('event subscriptions', () => {
  let bed: MonitorTestBed
  beforeAll(async () => {
    bed = await startMonitorTestBed()
  })
  afterAll(() => bed.server.close())

  const subscriptionId = (name: string) =>
    `${bed.workspace.id.split('/providers/')[0]}/providers/Microsoft.EventGrid/eventSubscriptions/${name}`
  const subscription = (properties: object = {}, endpointType = 'Fulcrum.Job') => ({
    properties: {
      filter: {
        includedEventTypes: ['monitoring.monitorBreached'],
        subjectBeginsWith: `${bed.workspace.id}/schedules/retrain-cause`,
      },
      destination: {
        endpointType,
        properties: {
          workspaceId: bed.workspace.id,
          jobDefinition: { sourceJobName: 'train', inputs: { months: '4,5,6' } },
          ...properties,
        },
      },
    },
  })

  it('submits the job once although the event comes twice, and honours the cooldown', async () => {
    const { ctx } = bed.server
    const source = await bed.admin.put(`${bed.workspace.id}/jobs/train`, {
      properties: {
        jobType: 'Command',
        command: 'echo ${{inputs.months}}',
        inputs: { months: { jobInputType: 'literal', value: '1,2,3' } },
      },
    })
    expect(source.status, source.text).toBeLessThan(300)
    const id = subscriptionId('retrain')
    const written = await bed.admin.put(id, subscription({ cooldown: 'PT1H', maximumRunsPerDay: 3 }))
    expect(written.status, written.text).toBeLessThan(300)
    const deliveries = async () => (await bed.admin.get(`${id}/deliveries`)).json<{ value: EventDelivery[] }>().value
    const cause = await bed.writeMonitor('retrain-cause', { inputs: signals({ numerical: 0.5, categorical: 0.1 }).inputs })
    await bed.run(cause)
    const [first] = await until('delivery', async () => {
      const value = await deliveries()
      return value.length > 0 ? value : undefined
    })
    expect(first).toMatchObject({ state: 'Delivered', eventType: 'monitoring.monitorBreached', subject: cause })
    const [event] = await bed.eventsOf('monitoring.monitorBreached', cause)
    const handle = await deliverToSubscriptions(ctx)
    await Promise.all([handle(event!), handle(event!)])
    const job = (await bed.admin.get(first!.jobId!)).json<{
      properties: { inputs: object; command: string; properties: Record<string, string> }
    }>()
    expect(job.properties).toMatchObject({
      command: 'echo ${{inputs.months}}',
      inputs: { months: { value: '4,5,6' } },
      properties: { 'fulcrum.eventSubscription': id },
    })
    const triggered = await until('trigger event', async () => {
      const rows = await bed.eventsOf('eventSubscriptions.triggered', id)
      return rows.length > 0 ? rows : undefined
    })
    expect(triggered).toHaveLength(1)
    expect(triggered[0]?.actor.name).toBe('admin')
    const repeated = await ctx.db.kysely
      .selectFrom('resources')
      .select('id')
      .where('id', 'like', `${bed.workspace.id.toLowerCase()}/jobs/retrain-%`)
      .execute()
    expect(repeated).toHaveLength(1)

    await bed.run(cause)
    const after = await until('second delivery', async () => {
      const value = await deliveries()
      return value.length === 2 ? value : undefined
    })
    expect(after[0]).toMatchObject({ state: 'Skipped', jobId: null, reason: expect.stringContaining('cooldown') })
  })

  it('refuses what it cannot or may not do', async () => {
    const hook = await bed.admin.put(subscriptionId('hook'), subscription({}, 'WebHook'))
    expect([hook.status, hook.json<{ error: { code: string } }>().error.code]).toEqual([400, 'NotSupported'])
    expect((await bed.admin.put(subscriptionId('nowhere'), subscription({ workspaceId: `${bed.workspace.id}x` }))).status).toBe(
      404,
    )
    expect((await bed.admin.put(subscriptionId('odd'), subscription({ cooldown: 'soon' }))).text).toContain('ISO 8601')
    const outsider = bed.server.api(await bed.server.tokenOf(await bed.server.createUser('outsider')))
    expect((await outsider.put(subscriptionId('stolen'), subscription())).status).toBe(404)
    expect((await outsider.get(`${bed.workspace.id}/monitorRuns`)).status).toBe(404)
  })

  it('records why a job could not be submitted', async () => {
    const id = subscriptionId('fails')
    const draft = subscription({ jobDefinition: { sourceJobName: 'train', inputs: { month: '4' } } })
    draft.properties.filter.subjectBeginsWith = `${bed.workspace.id}/schedules/fail-cause`
    expect((await bed.admin.put(id, draft)).status).toBeLessThan(300)
    await bed.run(await bed.writeMonitor('fail-cause', { inputs: signals({ numerical: 0.5, categorical: 0.1 }).inputs }))
    const [failed] = await until('failed delivery', async () => {
      const { value } = (await bed.admin.get(`${id}/deliveries`)).json<{ value: EventDelivery[] }>()
      return value.length > 0 ? value : undefined
    })
    expect(failed).toMatchObject({ state: 'Failed', reason: expect.stringContaining("did you mean 'months'") })
  })
})
