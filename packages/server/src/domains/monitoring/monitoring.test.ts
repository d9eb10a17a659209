import { monitorActionFromYaml, type EventDelivery, type MonitorMetric, type MonitorRun } from '@fulcrum/contract'
import { startTestServer, until, type TestApi, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspaceFixture, type WorkspaceFixture } from '../../../test/workspace-fixture.ts'
import { putBlob } from '../storage/index.ts'
import { deliverToSubscriptions } from './event-subscriptions/index.ts'
import { legacyNormals } from './metrics/legacy-normals.fixture.ts'

const rowCount = 400
const z = legacyNormals(4 * rowCount)
const carriers = ['AA', 'DL', 'UA', 'Paris, FR']
/** Training data; production is warmer, and flies with other carriers. */
const reference = Array.from({ length: rowCount }, (_, i) => ({
  temp: 50 + 15 * z[i]!,
  wind: 10 + z[i + rowCount]!,
  carrier: carriers[i % 3]!,
  hour: i % 5,
  late: i % 4 === 0 ? 1 : 0,
}))
const production = Array.from({ length: rowCount }, (_, i) => ({
  temp: i === 7 ? null : 65 + 12 * z[i + 2 * rowCount]!,
  wind: 10 + z[i + 3 * rowCount]!,
  carrier: carriers[i % 2 === 0 ? 3 : i % 3]!,
  hour: i % 5,
}))
const outputs = production.map((_row, i) => ({ probability_late: ((i * 37) % 100) / 100 }))
const truth = outputs.map((row, i) => (row.probability_late + (i % 7) / 10 > 0.8 ? 1 : 0))

/** Lines as the gateway writes them: every third request carries two rows. */
function collected(rows: readonly object[], start: number, end: number): { line: string; ids: string[] }[] {
  const lines: { line: string; ids: string[] }[] = []
  for (let i = start; i < end;) {
    const count = i % 3 === 0 && i + 1 < end ? 2 : 1
    const correlationid = `request-${i}`
    const ids = count === 1 ? [correlationid] : [`${correlationid}_0`, `${correlationid}_1`]
    const line = JSON.stringify({
      specversion: '1.0',
      id: String(i),
      source: 'test',
      type: 'azureml.inference.x',
      time: '2025-03-01T05:00:00Z',
      correlationid,
      xrequestid: correlationid,
      data: rows.slice(i, i + count),
    })
    lines.push({ line, ids })
    i += count
  }
  return lines
}

function signals(thresholds: { numerical: number; categorical: number }, window: object = { lookback_window_size: 'P3650D' }) {
  const entry = (path: string, more: object = {}) => ({ input_data: { type: 'uri_folder', path }, ...more })
  return {
    inputs: {
      type: 'data_drift',
      production_data: entry('azureml:e-blue-model_inputs:1', { data_context: 'model_inputs', data_window: window }),
      reference_data: entry('azureml:training@latest', {
        data_context: 'training',
        data_column_names: { target_column: 'late' },
      }),
      metric_thresholds: {
        numerical: { normalized_wasserstein_distance: thresholds.numerical, two_sample_kolmogorov_smirnov_test: 1e-9 },
        categorical: { jensen_shannon_distance: thresholds.categorical },
      },
      alert_enabled: true,
    },
    performance: {
      type: 'model_performance',
      production_data: entry('azureml:e-blue-model_outputs:1', {
        data_context: 'model_outputs',
        data_window: window,
        data_column_names: { prediction_column: 'probability_late', correlation_id: 'correlationid' },
      }),
      reference_data: entry('azureml:truth@latest', {
        data_context: 'ground_truth',
        data_column_names: { target_column: 'late', correlation_id: 'flight' },
      }),
      metric_thresholds: { classification: { accuracy: 0.05, auc: 0.05 } },
    },
  }
}

describe('monitors', () => {
  let server: TestServer
  let workspace: WorkspaceFixture
  let admin: TestApi
  beforeAll(async () => {
    server = await startTestServer()
    workspace = await createWorkspaceFixture(server)
    admin = server.admin
    const blob = (name: string, text: string) =>
      putBlob(server.ctx, { workspaceId: workspace.id, name, source: Buffer.from(text) })
    const half = rowCount / 2
    for (const [collection, rows] of [
      ['model_inputs', production],
      ['model_outputs', outputs],
    ] as const) {
      const base = `modelDataCollector/e/blue/${collection}/2025/03/01`
      await blob(
        `${base}/05/a-1.jsonl`,
        collected(rows, 0, half)
          .map(({ line }) => line)
          .join('\n'),
      )
      await blob(
        `${base}/06/a-2.jsonl`,
        collected(rows, half, rowCount)
          .map(({ line }) => line)
          .join('\n'),
      )
      await asset(`e-blue-${collection}`, `modelDataCollector/e/blue/${collection}/`)
    }
    await blob(
      'training/part.csv',
      [
        'temp,wind,carrier,hour,late',
        ...reference.map((row) => `${row.temp},${row.wind},"${row.carrier}",${row.hour},${row.late}`),
      ].join('\n'),
    )
    await asset('training', 'training/')
    const ids = [...collected(production, 0, half), ...collected(production, half, rowCount)].flatMap((request) => request.ids)
    // One truth in ten has not arrived.
    await blob('truth/t.csv', ['flight,late', ...ids.flatMap((id, i) => (i % 10 === 3 ? [] : [`${id},${truth[i]}`]))].join('\n'))
    await asset('truth', 'truth/')
  })
  afterAll(() => server.close())

  async function asset(name: string, path: string): Promise<void> {
    const response = await admin.put(`${workspace.id}/data/${name}/versions/1`, {
      properties: { dataType: 'uri_folder', dataUri: `azureml://datastores/workspaceblobstore/paths/${path}` },
    })
    expect(response.status, response.text).toBeLessThan(300)
  }

  async function writeMonitor(name: string, monitoringSignals: object): Promise<string> {
    const action = monitorActionFromYaml({
      monitoring_target: { ml_task: 'classification' },
      monitoring_signals: monitoringSignals,
    })
    const response = await admin.put(`${workspace.id}/schedules/${name}`, {
      properties: { trigger: { triggerType: 'Recurrence', frequency: 'month', interval: 1 }, action },
    })
    expect(response.status, response.text).toBeLessThan(300)
    return `${workspace.id}/schedules/${name}`
  }

  async function ended(id: string): Promise<MonitorRun> {
    return until(`end of ${id}`, async () => {
      const run = (await admin.get(id)).json<MonitorRun>()
      return run.properties?.endedAt === null ? undefined : run
    })
  }

  async function run(scheduleId: string): Promise<MonitorRun> {
    const started = await admin.post(`${scheduleId}/runMonitor`, {})
    expect(started.status, started.text).toBe(202)
    return ended(started.json<MonitorRun>().id)
  }

  const metricOf = (found: MonitorRun, signal: string, feature: string, metric: string): MonitorMetric => {
    const hit = found.properties.signals
      .find((entry) => entry.name === signal)
      ?.metrics?.find((entry) => entry.feature === feature && entry.metric === metric)
    expect(hit, `${signal} ${feature} ${metric} in ${JSON.stringify(found.properties.signals)}`).toBeDefined()
    return hit!
  }
  const eventsOf = (type: string, subject: string) =>
    server.ctx.db.kysely
      .selectFrom('events')
      .selectAll()
      .where('type', '=', type)
      .where('subject', '=', subject)
      .where('sequence', 'is not', null)
      .execute()

  it('finds the drift that an independent computation finds, and stores histograms', async () => {
    const found = await run(await writeMonitor('drift', signals({ numerical: 0.5, categorical: 0.1 })))
    expect(found.properties).toMatchObject({ status: 'Completed', verdict: 'breach', scheduleName: 'drift' })
    const wind = metricOf(found, 'inputs', 'wind', 'normalized_wasserstein_distance')
    expect(wind.value).toBeCloseTo(
      shiftInDeviations(
        reference.map((row) => row.wind),
        production.map((row) => row.wind),
      ),
      9,
    )
    expect(wind).toMatchObject({
      state: 'ok',
      threshold: 0.5,
      direction: 'up',
      referenceRows: rowCount,
      productionRows: rowCount,
    })
    expect(metricOf(found, 'inputs', 'temp', 'normalized_wasserstein_distance')).toMatchObject({
      state: 'breach',
      productionRows: rowCount - 1,
      details: { missingProduction: 1 },
    })
    expect(metricOf(found, 'inputs', 'temp', 'two_sample_kolmogorov_smirnov_test')).toMatchObject({
      state: 'breach',
      direction: 'down',
      details: { adjustedPValue: expect.any(Number) },
    })
    const carrier = metricOf(found, 'inputs', 'carrier', 'jensen_shannon_distance')
    expect(carrier.value).toBeCloseTo(
      entropyDistance(
        reference.map((row) => row.carrier),
        production.map((row) => row.carrier),
      ),
      9,
    )
    expect(carrier.state).toBe('breach')
    expect(metricOf(found, 'inputs', 'hour', 'jensen_shannon_distance')).toMatchObject({
      value: 0,
      state: 'ok',
      dataType: 'Categorical',
    })
    expect(found.properties.signals[0]?.breachedFeatures.toSorted()).toEqual(['carrier', 'temp'])

    const feature = (await admin.get(`${found.id}/features/temp`)).json<{
      signals: { histogram: { edges: number[]; reference: number[]; production: number[] } }[]
    }>()
    const histogram = feature.signals[0]!.histogram
    expect(histogram.edges).toHaveLength(histogram.reference.length + 1)
    const inFirstBin = reference.filter((row) => row.temp < histogram.edges[1]!).length
    expect([histogram.reference[0], sum(histogram.reference), sum(histogram.production)]).toEqual([
      inFirstBin,
      rowCount,
      rowCount - 1,
    ])
    expect((await admin.get(`${found.id}/features/nothing`)).status).toBe(404)
  })

  it('judges performance on the predictions whose truth has arrived', async () => {
    const found = await run(
      await writeMonitor('quality-of-model', { performance: signals({ numerical: 9, categorical: 1 }).performance }),
    )
    const pairs = truth.map((label, i) => ({ label, score: outputs[i]!.probability_late })).filter((_pair, i) => i % 10 !== 3)
    const accuracy = metricOf(found, 'performance', '', 'accuracy')
    expect(accuracy.value).toBeCloseTo(
      pairs.filter(({ label, score }) => (score >= 0.5 ? 1 : 0) === label).length / pairs.length,
      12,
    )
    expect(accuracy).toMatchObject({
      direction: 'down',
      state: 'ok',
      details: { predictions: rowCount, withTruth: pairs.length },
    })
    const wins = pairs
      .filter((p) => p.label === 1)
      .flatMap((p) => pairs.filter((n) => n.label === 0).map((n) => (p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0)))
    expect(metricOf(found, 'performance', '', 'auc').value).toBeCloseTo(sum(wins) / wins.length, 12)
    expect(metricOf(found, 'performance', '', 'recall')).toMatchObject({ threshold: null, state: 'not_judged' })
    expect(found.properties.verdict).toBe('ok')
  })

  it('raises breach, recovery and no-data events', async () => {
    const id = await writeMonitor('events', signals({ numerical: 0.5, categorical: 0.1 }))
    await run(id)
    const [breach] = await until('breach event', async () => {
      const rows = await eventsOf('monitoring.monitorBreached', id)
      return rows.length > 0 ? rows : undefined
    })
    expect(breach?.data).toMatchObject({ monitor: 'events', signals: ['inputs'] })
    expect(breach?.data['metrics']).toContainEqual(expect.objectContaining({ signal: 'inputs', feature: 'temp', threshold: 0.5 }))
    await writeMonitor('events', {
      inputs: {
        ...signals({ numerical: 9, categorical: 1 }).inputs,
        metric_thresholds: { numerical: { normalized_wasserstein_distance: 9 }, categorical: { jensen_shannon_distance: 1 } },
      },
    })
    expect((await run(id)).properties.verdict).toBe('ok')
    await until('recovery event', async () => (await eventsOf('monitoring.monitorRecovered', id)).length === 1)
    await writeMonitor(
      'events',
      signals({ numerical: 9, categorical: 1 }, { window_start: '2020-01-01', window_end: '2020-01-02' }),
    )
    const empty = await run(id)
    expect(empty.properties.verdict).toBe('no_data')
    expect(empty.properties.signals[0]).toMatchObject({ state: 'no_data', message: expect.stringContaining('2020-01-01') })
    await until('no-data event', async () => (await eventsOf('monitoring.monitorNoData', id)).length === 1)
  })

  it('runs when its schedule fires, once', async () => {
    const id = await writeMonitor('scheduled', { inputs: signals({ numerical: 9, categorical: 1 }).inputs })
    expect((await admin.post(`${id}/trigger`, {})).status).toBe(202)
    const listed = await until('the run of the schedule', async () => {
      const { value } = (await admin.get(`${workspace.id}/monitorRuns?scheduleName=scheduled`)).json<{ value: MonitorRun[] }>()
      return value[0]?.properties.status === 'Completed' ? value : undefined
    })
    expect(listed).toHaveLength(1)
    expect(listed[0]?.properties).toMatchObject({ trigger: 'schedule', scheduleId: id })
  })

  it('counts missing, unreadable and unusual values against the reference', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      temp: i < 20 ? null : i < 30 ? 'warm' : i === 199 ? 1e6 : 50,
      carrier: i < 50 ? 'ZZ' : 'AA',
    }))
    await putBlob(server.ctx, {
      workspaceId: workspace.id,
      name: 'dirty/rows.jsonl',
      source: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
    })
    await asset('dirty', 'dirty/')
    const data = (path: string) => ({ input_data: { type: 'uri_folder', path } })
    const found = await run(
      await writeMonitor('dirty', {
        quality: {
          type: 'data_quality',
          production_data: data('azureml:dirty:1'),
          reference_data: data('azureml:training@latest'),
          features: ['temp', 'carrier'],
        },
      }),
    )
    const value = (feature: string, metric: string) => metricOf(found, 'quality', feature, metric).value
    expect([
      value('temp', 'null_value_rate'),
      value('temp', 'data_type_error_rate'),
      value('temp', 'out_of_bounds_rate'),
    ]).toEqual([0.1, 0.05, 0.005])
    expect([value('carrier', 'null_value_rate'), value('carrier', 'out_of_bounds_rate')]).toEqual([0, 0.25])
    expect(metricOf(found, 'quality', 'carrier', 'null_value_rate').state).toBe('ok')
    expect(found.properties.verdict).toBe('breach')
  })

  it('says what is wrong with a monitor', async () => {
    const wrong = signals({ numerical: 1, categorical: 1 })
    const broken = await run(
      await writeMonitor('broken', {
        performance: {
          ...wrong.performance,
          reference_data: {
            ...wrong.performance.reference_data,
            data_column_names: { target_column: 'lat', correlation_id: 'flight' },
          },
        },
      }),
    )
    expect(broken.properties).toMatchObject({ status: 'Completed', verdict: 'error' })
    expect(broken.properties.signals[0]?.message).toContain("did you mean 'late'")
    await admin.put(`${workspace.id}/schedules/job`, {
      properties: {
        trigger: { triggerType: 'Cron', expression: '0 0 1 1 *' },
        action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'true' } },
      },
    })
    const refused = await admin.post(`${workspace.id}/schedules/job/runMonitor`, {})
    expect([refused.status, refused.text.includes('CreateMonitor')]).toEqual([400, true])
    expect((await admin.post(`${workspace.id}/schedules/none/runMonitor`, {})).status).toBe(404)
  })

  describe('event subscriptions', () => {
    const subscriptionId = (name: string) =>
      `${workspace.id.split('/providers/')[0]}/providers/Microsoft.EventGrid/eventSubscriptions/${name}`
    const subscription = (properties: object = {}, endpointType = 'Fulcrum.Job') => ({
      properties: {
        filter: {
          includedEventTypes: ['monitoring.monitorBreached'],
          subjectBeginsWith: `${workspace.id}/schedules/retrain-cause`,
        },
        destination: {
          endpointType,
          properties: {
            workspaceId: workspace.id,
            jobDefinition: { sourceJobName: 'train', inputs: { months: '4,5,6' } },
            ...properties,
          },
        },
      },
    })

    it('submits the job once although the event comes twice, and honours the cooldown', async () => {
      const { ctx } = server
      const source = await admin.put(`${workspace.id}/jobs/train`, {
        properties: {
          jobType: 'Command',
          command: 'echo ${{inputs.months}}',
          inputs: { months: { jobInputType: 'literal', value: '1,2,3' } },
        },
      })
      expect(source.status, source.text).toBeLessThan(300)
      const id = subscriptionId('retrain')
      const written = await admin.put(id, subscription({ cooldown: 'PT1H', maximumRunsPerDay: 3 }))
      expect(written.status, written.text).toBeLessThan(300)
      const deliveries = async () => (await admin.get(`${id}/deliveries`)).json<{ value: EventDelivery[] }>().value
      const cause = await writeMonitor('retrain-cause', { inputs: signals({ numerical: 0.5, categorical: 0.1 }).inputs })
      await run(cause)
      const [first] = await until('delivery', async () => {
        const value = await deliveries()
        return value.length > 0 ? value : undefined
      })
      expect(first).toMatchObject({ state: 'Delivered', eventType: 'monitoring.monitorBreached', subject: cause })
      const [event] = await eventsOf('monitoring.monitorBreached', cause)
      const handle = deliverToSubscriptions(ctx)
      await Promise.all([handle(event!), handle(event!)])
      const job = (await admin.get(first!.jobId!)).json<{
        properties: { inputs: object; command: string; properties: Record<string, string> }
      }>()
      expect(job.properties).toMatchObject({
        command: 'echo ${{inputs.months}}',
        inputs: { months: { value: '4,5,6' } },
        properties: { 'fulcrum.eventSubscription': id },
      })
      const triggered = await until('trigger event', async () => {
        const rows = await eventsOf('eventSubscriptions.triggered', id)
        return rows.length > 0 ? rows : undefined
      })
      expect(triggered).toHaveLength(1)
      expect(triggered[0]?.actor.name).toBe('admin')
      const repeated = await ctx.db.kysely
        .selectFrom('resources')
        .select('id')
        .where('id', 'like', `${workspace.id.toLowerCase()}/jobs/retrain-%`)
        .execute()
      expect(repeated).toHaveLength(1)

      await run(cause)
      const after = await until('second delivery', async () => {
        const value = await deliveries()
        return value.length === 2 ? value : undefined
      })
      expect(after[0]).toMatchObject({ state: 'Skipped', jobId: null, reason: expect.stringContaining('cooldown') })
    })

    it('refuses what it cannot or may not do', async () => {
      const hook = await admin.put(subscriptionId('hook'), subscription({}, 'WebHook'))
      expect([hook.status, hook.json<{ error: { code: string } }>().error.code]).toEqual([400, 'NotSupported'])
      expect((await admin.put(subscriptionId('nowhere'), subscription({ workspaceId: `${workspace.id}x` }))).status).toBe(404)
      expect((await admin.put(subscriptionId('odd'), subscription({ cooldown: 'soon' }))).text).toContain('ISO 8601')
      const outsider = server.api(await server.tokenOf(await server.createUser('outsider')))
      expect((await outsider.put(subscriptionId('stolen'), subscription())).status).toBe(404)
      expect((await outsider.get(`${workspace.id}/monitorRuns`)).status).toBe(404)
    })

    it('records why a job could not be submitted', async () => {
      const id = subscriptionId('fails')
      const draft = subscription({ jobDefinition: { sourceJobName: 'train', inputs: { month: '4' } } })
      draft.properties.filter.subjectBeginsWith = `${workspace.id}/schedules/fail-cause`
      expect((await admin.put(id, draft)).status).toBeLessThan(300)
      await run(await writeMonitor('fail-cause', { inputs: signals({ numerical: 0.5, categorical: 0.1 }).inputs }))
      const [failed] = await until('failed delivery', async () => {
        const { value } = (await admin.get(`${id}/deliveries`)).json<{ value: EventDelivery[] }>()
        return value.length > 0 ? value : undefined
      })
      expect(failed).toMatchObject({ state: 'Failed', reason: expect.stringContaining("did you mean 'months'") })
    })
  })
})

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** For samples of one size W1 is the mean distance of the sorted values. */
function shiftInDeviations(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [x.toSorted((p, q) => p - q), y.toSorted((p, q) => p - q)]
  const mean = sum(x) / x.length
  const deviation = Math.sqrt(sum(x.map((value) => (value - mean) ** 2)) / (x.length - 1))
  return sum(a.map((value, i) => Math.abs(value - b[i]!))) / a.length / deviation
}

/** JS distance as the entropy of the mixture less the mean entropy. */
function entropyDistance(x: readonly string[], y: readonly string[]): number {
  const shares = (values: readonly string[], keys: readonly string[]) =>
    keys.map((key) => values.filter((value) => value === key).length / values.length)
  const keys = [...new Set([...x, ...y])]
  const entropy = (p: readonly number[]): number => -sum(p.map((share) => (share > 0 ? share * Math.log2(share) : 0)))
  const [p, q] = [shares(x, keys), shares(y, keys)]
  return Math.sqrt(entropy(p.map((share, i) => (share + q[i]!) / 2)) - (entropy(p) + entropy(q)) / 2)
}
