import { monitorActionFromYaml, type MonitorMetric, type MonitorRun } from '@fulcrum/contract'
import { startTestServer, until, type TestApi, type TestServer } from '@fulcrum/testkit'
import { expect } from 'vitest'
import { createWorkspaceFixture, type WorkspaceFixture } from '../../../test/workspace-fixture.ts'
import type { EventHandler } from '../../kernel/events/index.ts'
import { putBlob } from '../storage/index.ts'
import { legacyNormals } from './metrics/legacy-normals.fixture.ts'

export const rowCount = 400
const normals = legacyNormals(4 * rowCount)
const normal = (index: number): number => normals[index] ?? 0
const carriers = ['AA', 'DL', 'UA', 'Paris, FR']
const carrierOf = (index: number): string => carriers[index] ?? ''
/** Training data; production is warmer, and flies with other carriers. */
export const reference = Array.from({ length: rowCount }, (_, i) => ({
  temp: 50 + 15 * normal(i),
  wind: 10 + normal(i + rowCount),
  carrier: carrierOf(i % 3),
  hour: i % 5,
  late: i % 4 === 0 ? 1 : 0,
}))
export const production = Array.from({ length: rowCount }, (_, i) => ({
  temp: i === 7 ? null : 65 + 12 * normal(i + 2 * rowCount),
  wind: 10 + normal(i + 3 * rowCount),
  carrier: carrierOf(i % 2 === 0 ? 3 : i % 3),
  hour: i % 5,
}))
export const outputs = production.map((_row, i) => ({ probability_late: ((i * 37) % 100) / 100 }))
export const truth = outputs.map((row, i) => (row.probability_late + (i % 7) / 10 > 0.8 ? 1 : 0))

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

/** Signals in YAML form over the seeded assets. */
export function signals(
  thresholds: { numerical: number; categorical: number },
  window: object = { lookback_window_size: 'P3650D' },
) {
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
      alert_enabled: true,
    },
  }
}

/** A metric of a run; fails the test when it is not there. */
export const metricOf = (found: MonitorRun, signal: string, feature: string, metric: string): MonitorMetric => {
  const hit = found.properties.signals
    .find((entry) => entry.name === signal)
    ?.metrics?.find((entry) => entry.feature === feature && entry.metric === metric)
  if (hit === undefined) throw new Error(`${signal} has no ${metric} of '${feature}'.`)
  return hit
}

export interface MonitorTestBed {
  readonly server: TestServer
  readonly workspace: WorkspaceFixture
  readonly admin: TestApi
  /** Registers a folder of the default datastore as version 1 of a data asset. */
  asset(name: string, path: string): Promise<void>
  /** @returns the id of the schedule */
  writeMonitor(name: string, monitoringSignals: object): Promise<string>
  /** Runs a monitor to its end. */
  run(scheduleId: string): Promise<MonitorRun>
  /** Sealed events of a type about a resource. */
  eventsOf(type: string, subject: string): Promise<Parameters<EventHandler>[0][]>
}

/** A server with collected requests, training data and the truth that has arrived, stored as an endpoint and a lake store them. */
export async function startMonitorTestBed(): Promise<MonitorTestBed> {
  const server = await startTestServer()
  const workspace = await createWorkspaceFixture(server)
  const { admin } = server
  async function asset(name: string, path: string): Promise<void> {
    const response = await admin.put(`${workspace.id}/data/${name}/versions/1`, {
      properties: { dataType: 'uri_folder', dataUri: `azureml://datastores/workspaceblobstore/paths/${path}` },
    })
    expect(response.status, response.text).toBeLessThan(300)
  }

  async function writeMonitor(name: string, monitoringSignals: object): Promise<string> {
    const trigger = { triggerType: 'Recurrence', frequency: 'month', interval: 1 }
    const action = monitorActionFromYaml(
      { monitoring_target: { ml_task: 'classification' }, monitoring_signals: monitoringSignals },
      { workspaceId: workspace.id, trigger },
    )
    const response = await admin.put(`${workspace.id}/schedules/${name}`, {
      properties: { trigger, action },
    })
    expect(response.status, response.text).toBeLessThan(300)
    return `${workspace.id}/schedules/${name}`
  }

  async function ended(id: string): Promise<MonitorRun> {
    return until(`end of ${id}`, async () => {
      const found = (await admin.get(id)).json<MonitorRun>()
      return found.properties.endedAt === null ? undefined : found
    })
  }

  async function run(scheduleId: string): Promise<MonitorRun> {
    const started = await admin.post(`${scheduleId}/runMonitor`, {})
    expect(started.status, started.text).toBe(202)
    return ended(started.json<MonitorRun>().id)
  }

  const eventsOf = (type: string, subject: string) =>
    server.ctx.db.kysely
      .selectFrom('events')
      .selectAll()
      .where('type', '=', type)
      .where('subject', '=', subject)
      .where('sequence', 'is not', null)
      .execute()

  const blob = (name: string, text: string) => putBlob(server.ctx, { workspaceId: workspace.id, name, source: Buffer.from(text) })
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
  return { server, workspace, admin, asset, writeMonitor, run, eventsOf }
}
