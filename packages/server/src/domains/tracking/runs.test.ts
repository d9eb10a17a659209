import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspaceFixture, type WorkspaceFixture } from '../../../test/workspace-fixture.ts'
import { ensureJobRun, endJobRun, logSystemMetrics, readLatestMetrics } from './index.ts'

interface Run {
  info: { run_id: string; status: string; run_name: string; lifecycle_stage: string; artifact_uri: string; end_time?: number }
  data: {
    metrics: { key: string; value: number | string; step: number }[]
    params: { key: string; value: string }[]
    tags: { key: string; value: string }[]
  }
}

describe('experiments and runs', () => {
  let server: TestServer
  let workspace: WorkspaceFixture
  let base: string
  beforeAll(async () => {
    server = await startTestServer({ engine: false })
    workspace = await createWorkspaceFixture(server)
    base = `${workspace.mlflow}/api/2.0/mlflow`
  })
  afterAll(() => server.close())

  const post = async <Body = Record<string, unknown>>(path: string, body: unknown): Promise<{ status: number; body: Body }> => {
    const response = await workspace.api.post(`${base}/${path}`, body)
    return { status: response.status, body: response.json<Body>() }
  }
  const createRun = async (members: Record<string, unknown> = {}): Promise<Run> =>
    (await post<{ run: Run }>('runs/create', { experiment_id: '0', ...members })).body.run
  const getRun = async (runId: string): Promise<Run> =>
    (await workspace.api.get(`${base}/runs/get?run_id=${runId}`)).json<{ run: Run }>().run
  const metricOf = (run: Run, key: string) => run.data.metrics.find((metric) => metric.key === key)?.value

  it('sends a browser that follows a printed link to the studio, and nobody else', async () => {
    const open = (accept: string) => server.api().request('GET', `${workspace.mlflow}/`, { headers: { accept } })
    const page = await open('text/html,application/xhtml+xml')
    expect([page.status, page.headers['location']]).toEqual([302, '/w/dev/alpha/mlflow'])
    expect((await open('application/json')).status).toBe(404)
  })

  it('has the experiment Default from the start, and refuses a second of a name, deleted or not', async () => {
    const found = await workspace.api.get(`${base}/experiments/get-by-name?experiment_name=Default`)
    expect(found.json()).toMatchObject({ experiment: { experiment_id: '0', lifecycle_stage: 'active' } })
    expect((await workspace.api.get(`${base}/experiments/get-by-name?experiment_name=nothing`)).json()).toMatchObject({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
    })
    const { body } = await post<{ experiment_id: string }>('experiments/create', { name: 'twice' })
    await post('experiments/delete', { experiment_id: body.experiment_id })
    const again = await post('experiments/create', { name: 'twice' })
    expect(again).toMatchObject({ status: 400, body: { error_code: 'RESOURCE_ALREADY_EXISTS' } })
    expect(again.body['message']).toContain('experiments/restore')
    expect((await post('experiments/restore', { experiment_id: body.experiment_id })).status).toBe(200)
  })

  it('keeps params, refuses to change them, and leaves the batch untouched when one is refused', async () => {
    const { info } = await createRun()
    await post('runs/log-batch', { run_id: info.run_id, params: [{ key: 'depth', value: '3' }] })
    expect((await post('runs/log-batch', { run_id: info.run_id, params: [{ key: 'depth', value: '3' }] })).status).toBe(200)
    const refused = await post('runs/log-batch', {
      run_id: info.run_id,
      params: [{ key: 'depth', value: '4' }],
      metrics: [{ key: 'a', value: 1, timestamp: 1, step: 0 }],
    })
    expect(refused).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
    expect(refused.body['message']).toContain('Changing param values is not allowed')
    const run = await getRun(info.run_id)
    expect(run.data.params).toEqual([{ key: 'depth', value: '3' }])
    expect(run.data.metrics).toEqual([])
    const twice = await post('runs/log-batch', {
      run_id: info.run_id,
      params: [
        { key: 'b', value: '1' },
        { key: 'b', value: '1' },
      ],
    })
    expect(twice.body['message']).toContain('Duplicate parameter keys')
  })

  it('takes the latest metric by step, then time, then value; repeated points cost nothing; NaN and infinities are values', async () => {
    const { info } = await createRun()
    const points = [
      { key: 'loss', value: 0.5, timestamp: 10, step: 2 },
      { key: 'loss', value: 0.9, timestamp: 99, step: 1 },
      { key: 'odd', value: 'NaN', timestamp: 1, step: 0 },
      { key: 'big', value: 'Infinity', timestamp: 1, step: 0 },
    ]
    for (let time = 0; time < 2; time += 1)
      expect((await post('runs/log-batch', { run_id: info.run_id, metrics: points })).status).toBe(200)
    const run = await getRun(info.run_id)
    expect([metricOf(run, 'loss'), metricOf(run, 'odd'), metricOf(run, 'big')]).toEqual([0.5, 'NaN', 'Infinity'])
    const history = await workspace.api.get(`${base}/metrics/get-history?run_id=${info.run_id}&metric_key=loss`)
    expect(history.json<{ metrics: unknown[] }>().metrics).toHaveLength(2)
    expect(history.json()).not.toHaveProperty('next_page_token')
  })

  it('pages a history without gap or duplicate', async () => {
    const { info } = await createRun()
    await post('runs/log-batch', {
      run_id: info.run_id,
      metrics: Array.from({ length: 25 }, (_, step) => ({ key: 'm', value: step % 3, timestamp: 1, step })),
    })
    const steps: number[] = []
    let token = ''
    do {
      const page = (
        await workspace.api.get(
          `${base}/metrics/get-history?run_id=${info.run_id}&metric_key=m&max_results=10&page_token=${encodeURIComponent(token)}`,
        )
      ).json<{ metrics: { step: number }[]; next_page_token?: string }>()
      steps.push(...page.metrics.map(({ step }) => step))
      token = page.next_page_token ?? ''
    } while (token !== '')
    expect(steps).toEqual(Array.from({ length: 25 }, (_, step) => step))
  })

  it('down-samples a chart so that first, last, smallest and largest stay', async () => {
    const { info } = await createRun()
    const valueOf = (step: number): number => (step === 333 ? 1000 : step === 777 ? -1000 : Math.sin(step))
    await post('runs/log-batch', {
      run_id: info.run_id,
      metrics: Array.from({ length: 1000 }, (_, step) => ({ key: 'm', value: valueOf(step), timestamp: step, step })),
    })
    const response = await workspace.api.get(
      `${base}/metrics/get-history-bulk-interval?run_ids=${info.run_id}&metric_key=m&max_results=40`,
    )
    const { metrics } = response.json<{ metrics: { step: number; value: number; run_id: string }[] }>()
    expect(metrics.length).toBeLessThanOrEqual(40)
    expect(metrics.length).toBeGreaterThan(20)
    for (const step of [0, 333, 777, 999]) expect(metrics.map((metric) => metric.step)).toContain(step)
    expect(metrics.map(({ step }) => step)).toEqual(metrics.map(({ step }) => step).toSorted((left, right) => left - right))
    const few = await workspace.api.get(
      `${base}/metrics/get-history-bulk-interval?run_ids=${info.run_id}&metric_key=m&max_results=10&start_step=5&end_step=8`,
    )
    expect(few.json<{ metrics: { step: number }[] }>().metrics.map(({ step }) => step)).toEqual([5, 6, 7, 8])
  })

  it('loses no point of concurrent writers', async () => {
    const { info } = await createRun()
    await Promise.all(
      Array.from({ length: 20 }, (_, writer) =>
        post('runs/log-batch', {
          run_id: info.run_id,
          metrics: Array.from({ length: 10 }, (_unused, step) => ({
            key: `w${writer % 4}`,
            value: writer * 100 + step,
            timestamp: writer,
            step: step + 10 * writer,
          })),
        }),
      ),
    )
    const run = await getRun(info.run_id)
    expect(run.data.metrics.map(({ step }) => step).toSorted((left, right) => left - right)).toEqual([169, 179, 189, 199])
    const counts = await Promise.all(
      [0, 1, 2, 3].map(
        async (key) =>
          (await workspace.api.get(`${base}/metrics/get-history?run_id=${info.run_id}&metric_key=w${key}`)).json<{
            metrics: unknown[]
          }>().metrics.length,
      ),
    )
    expect(counts).toEqual([50, 50, 50, 50])
  })

  it('refuses writes to a deleted run, and restores it', async () => {
    const { info } = await createRun({ run_name: 'gone' })
    await post('runs/delete', { run_id: info.run_id })
    const refused = await post('runs/set-tag', { run_id: info.run_id, key: 'a', value: 'b' })
    expect(refused.body['message']).toContain("must be in the 'active' state")
    await post('runs/restore', { run_id: info.run_id })
    expect((await post('runs/set-tag', { run_id: info.run_id, key: 'mlflow.runName', value: 'renamed' })).status).toBe(200)
    expect((await getRun(info.run_id)).info.run_name).toBe('renamed')
  })

  it('answers mistakes in the words that clients match', async () => {
    expect((await post('runs/log-metric', { key: 'a', value: 1 })).body['message']).toContain(
      "Missing value for required parameter 'run_id'",
    )
    expect((await post('experiments/create', { name: 123 })).body['message']).toContain(
      "Invalid value 123 for parameter 'name' supplied",
    )
    const { info } = await createRun()
    const bad = await post('runs/log-batch', { run_id: info.run_id, metrics: [{ key: '../a', value: 1, timestamp: 1 }] })
    expect(bad).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
    expect((await post('runs/log-batch', { run_id: info.run_id, metrics: [{ value: 1 }] })).body['message']).toContain(
      'metrics[0].key',
    )
    expect((await post('runs/update', { run_id: 'nothing' })).body).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
    const both = await post('runs/create', { experiment_id: '0', run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] })
    expect(both.status).toBe(400)
  })

  it('answers an endpoint it does not have with 404 and an empty body', async () => {
    const response = await workspace.api.post(`${base}/no-such/endpoint`, {})
    expect([response.status, response.text]).toEqual([404, ''])
    expect((await server.api().get(`${workspace.mlflow}/version`)).text).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('needs a token, hides other workspaces, and lets readers only read', async () => {
    const anonymous = await server.api().get(`${base}/experiments/get?experiment_id=0`)
    expect(anonymous.status).toBe(401)
    expect(anonymous.json()).toMatchObject({ error_code: 'UNAUTHENTICATED' })
    const beta = await createWorkspaceFixture(server, 'beta', 'reader')
    const { info } = await createRun()
    expect((await beta.api.get(`${base}/runs/get?run_id=${info.run_id}`)).status).toBe(404)
    expect((await beta.api.get(`${beta.mlflow}/api/2.0/mlflow/runs/get?run_id=${info.run_id}`)).json()).toMatchObject({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
    })
    expect((await beta.api.get(`${beta.mlflow}/api/2.0/mlflow/experiments/get?experiment_id=0`)).status).toBe(200)
    const refused = await beta.api.post(`${beta.mlflow}/api/2.0/mlflow/runs/create`, { experiment_id: '0' })
    expect(refused.status).toBe(403)
    expect(refused.json()).toMatchObject({ error_code: 'PERMISSION_DENIED' })
  })

  it('is the run of a job under the name of the job', async () => {
    const { ctx } = server
    const job = {
      workspaceId: workspace.id,
      runId: 'train-1',
      experimentName: 'jobs',
      actorName: 'ann',
      displayName: 'Training',
      tags: { kind: 'x' },
    }
    await ctx.db.transaction((tx) => ensureJobRun(tx, ctx, job))
    await ctx.db.transaction((tx) => ensureJobRun(tx, ctx, job))
    await logSystemMetrics(ctx, {
      workspaceId: workspace.id,
      runId: 'train-1',
      metrics: { cpu_utilization_percentage: 42 },
      step: 1,
    })
    await ctx.db.transaction((tx) => endJobRun(tx, ctx, { workspaceId: workspace.id, runId: 'train-1', status: 'FAILED' }))
    const run = await getRun('train-1')
    expect(run.info).toMatchObject({
      status: 'FAILED',
      run_name: 'Training',
      artifact_uri: 'mlflow-artifacts:/ExperimentRun/dcid.train-1',
    })
    expect(run.info.end_time).toBeGreaterThan(0)
    expect(await readLatestMetrics(ctx, workspace.id, 'train-1')).toEqual({ 'system/cpu_utilization_percentage': 42 })
    expect(await readLatestMetrics(ctx, workspace.id, 'nothing')).toBeUndefined()
  })

  it('lets two first jobs of an experiment start at once', async () => {
    const { ctx } = server
    const job = (runId: string) => ({ workspaceId: workspace.id, runId, experimentName: 'together', actorName: 'tester' })
    let letGo = (): void => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    let hasMade = (): void => undefined
    const made = new Promise<void>((resolve) => (hasMade = resolve))
    const first = ctx.db.transaction(async (tx) => {
      const run = await ensureJobRun(tx, ctx, job('together-1'))
      hasMade()
      await held
      return run
    })
    await made
    // It has looked for the experiment, found none, and waits for the one that the first has made.
    const second = ctx.db.transaction((tx) => ensureJobRun(tx, ctx, job('together-2')))
    await until('the second waits', async () => {
      const waiting =
        await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%insert into experiments%'
        and datname = current_database()`.execute(ctx.db.kysely)
      return waiting.rows.length > 0
    })
    letGo()
    expect((await second).experiment_id).toBe((await first).experiment_id)
  })
})
