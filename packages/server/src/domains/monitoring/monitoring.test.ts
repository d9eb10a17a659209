import type { MonitorRun } from '@fulcrum/contract'
import { until } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putBlob } from '../storage/index.ts'
import {
  metricOf,
  outputs,
  production,
  reference,
  rowCount,
  signals,
  startMonitorTestBed,
  truth,
  type MonitorTestBed,
} from './monitoring.fixture.ts'

describe('monitors', () => {
  let bed: MonitorTestBed
  beforeAll(async () => {
    bed = await startMonitorTestBed()
  })
  afterAll(() => bed.server.close())

  it('finds the drift that an independent computation finds, and stores histograms', async () => {
    const found = await bed.run(await bed.writeMonitor('drift', signals({ numerical: 0.5, categorical: 0.1 })))
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

    const feature = (await bed.admin.get(`${found.id}/features/temp`)).json<{
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
    expect((await bed.admin.get(`${found.id}/features/nothing`)).status).toBe(404)
  })

  it('judges performance on the predictions whose truth has arrived', async () => {
    const found = await bed.run(
      await bed.writeMonitor('quality-of-model', { performance: signals({ numerical: 9, categorical: 1 }).performance }),
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
    const id = await bed.writeMonitor('events', signals({ numerical: 0.5, categorical: 0.1 }))
    await bed.run(id)
    const [breach] = await until('breach event', async () => {
      const rows = await bed.eventsOf('monitoring.monitorBreached', id)
      return rows.length > 0 ? rows : undefined
    })
    expect(breach?.data).toMatchObject({ monitor: 'events', signals: ['inputs'] })
    expect(breach?.data['metrics']).toContainEqual(expect.objectContaining({ signal: 'inputs', feature: 'temp', threshold: 0.5 }))
    await bed.writeMonitor('events', {
      inputs: {
        ...signals({ numerical: 9, categorical: 1 }).inputs,
        metric_thresholds: { numerical: { normalized_wasserstein_distance: 9 }, categorical: { jensen_shannon_distance: 1 } },
      },
    })
    expect((await bed.run(id)).properties.verdict).toBe('ok')
    await until('recovery event', async () => (await bed.eventsOf('monitoring.monitorRecovered', id)).length === 1)
    await bed.writeMonitor(
      'events',
      signals({ numerical: 9, categorical: 1 }, { window_start: '2020-01-01', window_end: '2020-01-02' }),
    )
    const empty = await bed.run(id)
    expect(empty.properties.verdict).toBe('no_data')
    expect(empty.properties.signals[0]).toMatchObject({ state: 'no_data', message: expect.stringContaining('2020-01-01') })
    await until('no-data event', async () => (await bed.eventsOf('monitoring.monitorNoData', id)).length === 1)
  })

  it('runs when its schedule fires, once', async () => {
    const id = await bed.writeMonitor('scheduled', { inputs: signals({ numerical: 9, categorical: 1 }).inputs })
    expect((await bed.admin.post(`${id}/trigger`, {})).status).toBe(200)
    const listed = await until('the run of the schedule', async () => {
      const { value } = (await bed.admin.get(`${bed.workspace.id}/monitorRuns?scheduleName=scheduled`)).json<{
        value: MonitorRun[]
      }>()
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
    await putBlob(bed.server.ctx, {
      workspaceId: bed.workspace.id,
      name: 'dirty/rows.jsonl',
      source: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
    })
    await bed.asset('dirty', 'dirty/')
    const data = (path: string) => ({ input_data: { type: 'uri_folder', path } })
    const found = await bed.run(
      await bed.writeMonitor('dirty', {
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
    const broken = await bed.run(
      await bed.writeMonitor('broken', {
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
    await bed.admin.put(`${bed.workspace.id}/schedules/job`, {
      properties: {
        trigger: { triggerType: 'Cron', expression: '0 0 1 1 *' },
        action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command', command: 'true' } },
      },
    })
    const refused = await bed.admin.post(`${bed.workspace.id}/schedules/job/runMonitor`, {})
    expect([refused.status, refused.text.includes('CreateMonitor')]).toEqual([400, true])
    expect((await bed.admin.post(`${bed.workspace.id}/schedules/none/runMonitor`, {})).status).toBe(404)
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
