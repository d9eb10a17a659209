import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, until, type TestServer } from '../../../../../testkit/src/index.ts'

let server: TestServer
let workspace: string
beforeAll(async () => {
  server = await startTestServer({ listen: true, config: { http: { host: '127.0.0.1', port: await freePort() } } })
  const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg-sweep`
  workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/sweep`
  expect((await server.admin.put(group, { location: 'local' })).status).toBeLessThan(300)
  expect((await server.admin.put(workspace, { location: 'local', properties: {} })).status).toBeLessThan(300)
})
afterAll(() => server.close())

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

interface Properties {
  status: string
  properties: Record<string, string>
  outputs: Record<string, { uri?: string }>
  error?: { code: string; message: string }
}
const job = (name: string) => `${workspace}/jobs/${name}`
const put = (name: string, properties: Record<string, unknown>) => server.admin.put(job(name), { properties })
const get = async (name: string) => (await server.admin.get(job(name))).json<{ properties: Properties }>().properties
const ended = (name: string) =>
  until(`end of ${name}`, async () => {
    const properties = await get(name)
    return ['Completed', 'Failed', 'Canceled'].includes(properties.status) ? properties : undefined
  })
const trialsOf = async (name: string) =>
  (await server.admin.get(`${workspace}/jobs?parentJobName=${name}&$orderBy=createdtime asc`)).json<{
    value: { name: string; properties: Properties & { tags: Record<string, string>; jobType: string } }[]
  }>().value

/** Logs a metric through the tracking server, as a training script does, without needing MLflow itself. */
const log = (value: string, step = '0') =>
  `printf '{"run_id":"%s","key":"loss","value":%s,"timestamp":%s000,"step":%s}' "$MLFLOW_RUN_ID" ${value} "$(date +%s)" ${step} | ` +
  `curl -sf -X POST -d @- "$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/log-metric" -H "authorization: Bearer $MLFLOW_TRACKING_TOKEN" -H 'content-type: application/json'`
const sweep = (members: Record<string, unknown>) => ({
  jobType: 'Sweep',
  samplingAlgorithm: { samplingAlgorithmType: 'Random', seed: 7 },
  objective: { goal: 'minimize', primaryMetric: 'loss' },
  limits: { jobLimitsType: 'Sweep', maxTotalTrials: 4, maxConcurrentTrials: 2, timeout: 'PT5M' },
  ...members,
})

it('runs a grid, logs parameters, and hands the outputs of the best trial on', async () => {
  const created = await put(
    'grid',
    sweep({
      samplingAlgorithm: 'grid',
      trial: { command: `${log('${{search_space.x}}')} && echo $AZUREML_SWEEP_x \${{inputs.c}} > \${{outputs.model}}/m.txt` },
      searchSpace: { x: ['choice', [[3, 1, 2]]] },
      inputs: { c: { jobInputType: 'literal', value: 'k' } },
      outputs: { model: { jobOutputType: 'uri_folder' } },
    }),
  )
  expect(created.status, created.text).toBe(201)
  const done = await ended('grid')
  expect(done, JSON.stringify(done)).toMatchObject({
    status: 'Completed',
    properties: { best_child_run_id: 'grid_1', score: '1' },
    outputs: { model: { uri: 'azureml://datastores/workspaceblobstore/paths/azureml/grid_1/model/' } },
  })
  const trials = await trialsOf('grid')
  expect(trials.map((trial) => [trial.name, trial.properties.status, trial.properties.tags['hyperparameters']])).toEqual([
    ['grid_0', 'Completed', '{"x":3}'],
    ['grid_1', 'Completed', '{"x":1}'],
    ['grid_2', 'Completed', '{"x":2}'],
  ])
  const run = await server.admin.get(`/mlflow/v1.0${workspace}/api/2.0/mlflow/runs/get?run_id=grid_1`)
  expect(run.json()).toMatchObject({
    run: {
      data: {
        params: [{ key: 'x', value: '1' }],
        tags: expect.arrayContaining([{ key: 'mlflow.parentRunId', value: 'grid' }]),
      },
    },
  })
  const shown = (await server.admin.get(`${job('grid')}/steps`)).json<{ nodes: { trials: object[]; objective: object }[] }>()
  expect(shown.nodes[0]).toMatchObject({
    objective: { goal: 'minimize', metric: 'loss' },
    trials: [
      { number: 0, jobName: 'grid_0', status: 'Completed', parameters: { x: 3 }, objective: 3, stopReason: null },
      { number: 1, jobName: 'grid_1', objective: 1 },
      { number: 2, jobName: 'grid_2', objective: 2 },
    ],
  })
  const history = `/history/v1.0${workspace}/runs/grid`
  const children = (await server.admin.get(`${history}/children`)).json<{ value: { runId: string }[] }>()
  expect(children.value.map((child) => child.runId)).toEqual(['grid_0', 'grid_1', 'grid_2'])
  const { logFiles } = (await server.admin.get(`${history}/details`)).json<{ logFiles: Record<string, string> }>()
  const { pathname, search } = new URL(logFiles['azureml-logs/hyperdrive.txt'] ?? '')
  const text = (await server.api().get(pathname + search)).text
  expect(text).toContain('Trial \'grid_1\' was created: {"x":1}')
  expect(text).toContain("Trial 'grid_1' has ended: Completed, loss = 1")
})

it('is a step of a pipeline: reads what came before, and what comes after reads its best', async () => {
  const component = `${workspace}/components/trial/versions/1`
  const spec = {
    name: 'trial',
    version: '1',
    type: 'command',
    command: `${log('${{inputs.c}}')} && cat \${{inputs.data}}/x > \${{outputs.out}}/o && echo \${{inputs.c}} >> \${{outputs.out}}/o`,
    inputs: { data: { type: 'uri_folder' }, c: { type: 'number' } },
    outputs: { out: { type: 'uri_folder' } },
  }
  expect((await server.admin.put(component, { properties: { componentSpec: spec } })).status).toBeLessThan(300)
  await put('pipe', {
    jobType: 'Pipeline',
    outputs: { best: { jobOutputType: 'uri_folder' } },
    jobs: {
      make: { type: 'command', command: 'echo data > ${{outputs.out}}/x', outputs: { out: {} } },
      tune: {
        name: 'tune',
        type: 'sweep',
        trial: { componentId: component },
        sampling_algorithm: 'grid',
        objective: { goal: 'maximize', primary_metric: 'loss' },
        limits: { max_total_trials: 5, max_concurrent_trials: 2, timeout: 300 },
        search_space: { c: { type: 'choice', values: [1, 5, 3] } },
        inputs: { data: { job_input_type: 'literal', value: '${{parent.jobs.make.outputs.out}}' } },
        outputs: { out: { type: 'literal', value: '${{parent.outputs.best}}' } },
        _source: 'YAML.COMPONENT',
      },
      use: { type: 'command', command: 'cat ${{inputs.m}}/o', inputs: { m: '${{parent.jobs.tune.outputs.out}}' } },
    },
  })
  const done = await ended('pipe')
  const steps = (await server.admin.get(`${job('pipe')}/steps`)).json<{ nodes: { name: string; jobName: string }[] }>().nodes
  const name = (step: string) => steps.find((node) => node.name === step)?.jobName ?? ''
  expect(done, JSON.stringify(await trialsOf(name('tune')))).toMatchObject({ status: 'Completed' })
  expect(done.outputs['best']?.uri).toContain(`${name('tune')}_1/out/`)
  expect((await server.admin.get(`${job(name('use'))}/logs/user_logs/std_log.txt`)).text).toBe('data\n5\n')
  expect(await get(name('tune'))).toMatchObject({
    jobType: 'Sweep',
    searchSpace: { c: ['choice', [[1, 5, 3]]] },
    properties: { best_child_run_id: `${name('tune')}_1` },
  })
  expect(await trialsOf(name('tune'))).toHaveLength(3)
})

it('stops bad trials early, as canceled, and takes the best of the others', async () => {
  const steps = `for i in 1 2 3; do ${log('$VALUE', '$i')}; done; if [ $VALUE = 100 ]; then sleep 98765; fi`
  await put(
    'early',
    sweep({
      samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
      trial: { command: `VALUE=\${{search_space.v}}; ${steps}` },
      searchSpace: { v: ['choice', [[1, 100, 2]]] },
      earlyTermination: { policyType: 'Bandit', slackFactor: 0.2, evaluationInterval: 1, delayEvaluation: 2 },
    }),
  )
  const done = await ended('early')
  expect(done).toMatchObject({ status: 'Completed', properties: { best_child_run_id: 'early_0' } })
  expect((await trialsOf('early')).map((trial) => trial.properties.status)).toEqual(['Completed', 'Canceled', 'Completed'])
})

it('cancels its trials with itself, and fails when none of them completes', async () => {
  const space = { searchSpace: { v: ['uniform', [0, 1]] } }
  await put('stopped', sweep({ ...space, trial: { command: 'sleep 98765 # ${{search_space.v}}' } }))
  await until(
    'two trials',
    async () => (await trialsOf('stopped')).filter((trial) => trial.properties.status === 'Running').length === 2,
  )
  expect((await server.admin.post(`${job('stopped')}/cancel`)).status).toBe(202)
  expect(await ended('stopped')).toMatchObject({ status: 'Canceled' })
  expect((await trialsOf('stopped')).map((trial) => trial.properties.status)).toEqual(['Canceled', 'Canceled'])
  await put('hopeless', sweep({ ...space, trial: { command: 'exit 4' } }))
  expect(await ended('hopeless')).toMatchObject({ status: 'Failed', error: { code: 'NoTrialCompleted' } })
  await put('slow', sweep({ ...space, trial: { command: 'sleep 98765' }, limits: { maxTotalTrials: 1, trialTimeout: 'PT1S' } }))
  expect(await ended('slow')).toMatchObject({ status: 'Failed' })
})

it('fails alone when its experiment is gone, with its trials', async () => {
  const space = { searchSpace: { v: ['choice', [[1, 2, 3, 4]]] }, samplingAlgorithm: 'grid', limits: { maxConcurrentTrials: 1 } }
  await put(
    'orphan',
    sweep({ ...space, experimentName: 'doomed', trial: { command: 'while [ ! -f outputs/go ]; do sleep 0.1; done' } }),
  )
  await until('a trial', async () => (await trialsOf('orphan')).some((trial) => trial.properties.status === 'Running'))
  const base = `/mlflow/v1.0${workspace}/api/2.0/mlflow/experiments`
  const found = (await server.admin.get(`${base}/get-by-name?experiment_name=doomed`)).json<{
    experiment: { experiment_id: string }
  }>()
  expect((await server.admin.post(`${base}/delete`, { experiment_id: found.experiment.experiment_id })).status).toBe(200)
  await server.admin.post(`${job('orphan_0')}/cancel`)
  const done = await ended('orphan')
  expect(done.status).toBe('Failed')
  expect(done.error?.message).toContain('deleted')
  expect((await trialsOf('orphan')).map((trial) => trial.properties.status)).toEqual(['Canceled'])
})

it('refuses what cannot be tried, naming the place', async () => {
  const wrong = async (members: Record<string, unknown>) =>
    (await put('wrong', sweep({ trial: { command: 'true' }, ...members }))).text
  expect(await wrong({ searchSpace: { a: ['unifrom', [0, 1]] } })).toContain("Did you mean 'uniform'?")
  expect(await wrong({ searchSpace: { a: ['uniform', [1, 0]] } })).toContain('must be below')
  expect(await wrong({ searchSpace: {} })).toContain('at least one parameter')
  expect(await wrong({ searchSpace: { a: ['uniform', [0, 1]] }, samplingAlgorithm: 'grid' })).toContain("'a' is not")
  expect(await wrong({ searchSpace: { a: ['choice', [[1]]] }, trial: { command: 'x ${{search_space.b}}' } })).toContain(
    'search_space.b',
  )
  expect(await wrong({ searchSpace: { a: ['choice', [[1]]] }, objective: { goal: 'best' } })).toContain(
    "'maximize' or 'minimize'",
  )
})
