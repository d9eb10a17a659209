import { createServer } from 'node:net'
import { startTestServer, until, type TestServer } from '@fulcrum/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putBlob } from '../../src/domains/storage/index.ts'

/**
 * AutoML with scikit-learn and LightGBM in an environment of their own, on scikit-learn's wine and diabetes tables and on a series of
 * months. Baselines: the largest class of wine is 40 % of it; always the mean has an r2 of 0; a forecast must beat the season before.
 */

const blobs = 'azureml://datastores/workspaceblobstore/paths'
const environment = 'azureml:AzureML-AutoML@latest'
const endedStatuses = new Set(['Completed', 'Failed', 'Canceled'])

interface Job {
  readonly name: string
  readonly properties: {
    readonly status: string
    readonly jobType: string
    readonly properties: Record<string, string>
    readonly outputs: Record<string, { uri?: string; jobOutputType: string }>
  }
}

interface Leaderboard {
  readonly primaryMetric: string
  readonly bestJobName: string
  readonly notices: string[]
  readonly explanation: { readonly features: { name: string; importance: number }[] } | null
  readonly value: { rank: number | null; jobName: string; algorithm: string; score: number; status: string }[]
}

/** Programs reach the server under the address of its configuration. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

describe('AutoML', () => {
  let server: TestServer
  let workspace: string
  beforeAll(async () => {
    server = await startTestServer({ listen: true, config: { http: { host: '127.0.0.1', port: await freePort() } } })
    const group = `/subscriptions/${server.ctx.config.subscriptionId}/resourceGroups/rg`
    workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/dev`
    for (const id of [group, workspace]) await server.admin.put(id, { location: 'local' })
  }, 300_000)
  afterAll(() => server.close())

  const get = async <Body>(path: string): Promise<Body> => (await server.admin.get(`${workspace}/${path}`)).json<Body>()
  const leaderboard = (name: string) => get<Leaderboard>(`jobs/${name}/leaderboard`)

  async function run(name: string, properties: Record<string, unknown>): Promise<Job> {
    const answer = await server.admin.put(`${workspace}/jobs/${name}`, { properties })
    expect(answer.status, answer.text).toBe(201)
    const job = await until(
      `end of ${name}`,
      async () => {
        const found = await get<Job>(`jobs/${name}`)
        return endedStatuses.has(found.properties.status) ? found : undefined
      },
      1_100_000,
    )
    const children = await get<{ value: Job[] }>(`jobs?parentJobName=${name}`)
    expect(job.properties.status, JSON.stringify([job.properties, children.value], null, 1)).toBe('Completed')
    return job
  }

  const makes = (loader: string, file: string): string =>
    `python -c "from sklearn.datasets import ${loader} as load; load(as_frame=True).frame.to_csv('\${{outputs.table}}/${file}', index=False)"`

  it('classifies wine far better than its largest class, as a job of its own', async () => {
    await run('wine-table', {
      jobType: 'Command',
      command: makes('load_wine', 'wine.csv'),
      environmentId: environment,
      outputs: { table: { jobOutputType: 'uri_folder', uri: `${blobs}/wine/` } },
    })
    const definition = { paths: [{ file: './wine.csv' }], transformations: [{ read_delimited: {} }] }
    await putBlob(server.ctx, { workspaceId: workspace, name: 'wine/MLTable', source: Buffer.from(JSON.stringify(definition)) })
    const job = await run('wine', {
      jobType: 'AutoML',
      taskDetails: {
        taskType: 'Classification',
        targetColumnName: 'target',
        primaryMetric: 'Accuracy',
        trainingData: { jobInputType: 'mltable', uri: `${blobs}/wine/` },
        nCrossValidations: { mode: 'Custom', value: 3 },
        limitSettings: { maxTrials: 3, maxConcurrentTrials: 2, timeout: 'PT18M' },
        trainingSettings: { allowedTrainingAlgorithms: ['LogisticRegression', 'DecisionTree', 'XGBoostClassifier'] },
      },
      outputs: { best_model: { jobOutputType: 'mlflow_model', assetName: 'wine', assetVersion: '1' } },
    })
    const board = await leaderboard('wine')
    const scores = board.value.map(({ score }) => score)
    expect(scores).toEqual(scores.toSorted((left, right) => right - left))
    expect(board.value.map(({ algorithm }) => algorithm).toSorted()).toEqual([
      'DecisionTree',
      'LogisticRegression',
      'VotingEnsemble',
    ])
    expect(scores[0]).toBeGreaterThan(0.9)
    expect(board.notices.join()).toContain('XGBoostClassifier')
    expect(job.properties.properties).toMatchObject({ best_child_run_id: board.bestJobName, primary_metric: 'accuracy' })
    // One shuffled chemical out of thirteen need not matter; all of them are there.
    expect(board.explanation?.features).toHaveLength(13)
    expect(job.properties.outputs['best_model']?.uri).toContain(board.bestJobName)
    expect(Object.keys(job.properties.outputs)).toEqual(['best_model'])
    expect((await server.admin.get(`${workspace}/models/wine/versions/1`)).status).toBe(200)
    await expectTags('wine', board.bestJobName)
  }, 1_200_000)

  /** What notebooks read through MLflow. */
  async function expectTags(name: string, best: string): Promise<void> {
    const mlflow = `/mlflow/v1.0${workspace}/api/2.0/mlflow`
    const read = async (run: string) =>
      (await server.admin.get(`${mlflow}/runs/get?run_id=${run}`)).json<{
        run: { data: { tags: { key: string; value: string }[]; metrics: { key: string; value: number }[] } }
      }>().run.data
    const tags = new Map((await read(name)).tags.map(({ key, value }) => [key, value]))
    expect(tags.get('automl_best_child_run_id')).toBe(best)
    const metrics = (await read(best)).metrics.map(({ key }) => key)
    for (const metric of ['accuracy', 'AUC_weighted', 'norm_macro_recall', 'f1_score_macro', 'log_loss'])
      expect(metrics).toContain(metric)
    const child = await get<Job>(`jobs/${name}_0`)
    expect(child.properties.properties).toMatchObject({ run_algorithm: 'LogisticRegression', iteration: '0' })
    expect(Number(child.properties.properties['score'])).toBeGreaterThan(0.9)
    const files = await server.admin.get(`${mlflow}/artifacts/list?run_id=${best}&path=outputs/mlflow-model`)
    expect(files.text).toContain('outputs/mlflow-model/MLmodel')
  }

  it('regresses in a pipeline on what a step made, and the next step uses the model', async () => {
    const use = [
      'import mlflow.pyfunc, pandas, glob',
      "rows = pandas.read_csv(glob.glob('${{inputs.table}}/*.csv')[0])",
      "found = mlflow.pyfunc.load_model('${{inputs.model}}').predict(rows.drop(columns=['target']))",
      "print('CORRELATION %.3f' % rows['target'].corr(pandas.Series(found)))",
    ]
    await run('diabetes', {
      jobType: 'Pipeline',
      jobs: {
        make: {
          type: 'command',
          command: makes('load_diabetes', 'diabetes.csv'),
          environment,
          outputs: { table: { job_output_type: 'uri_folder' } },
        },
        pick: {
          type: 'automl',
          task: 'regression',
          primary_metric: 'r2_score',
          target_column_name: 'target',
          training_data: '${{parent.jobs.make.outputs.table}}',
          n_cross_validations: 3,
          limits: { max_trials: 2, max_concurrent_trials: 2, timeout_minutes: 18 },
          training: { allowed_training_algorithms: ['elastic_net', 'decision_tree'] },
          outputs: { best: { job_output_type: 'mlflow_model' } },
        },
        use: {
          type: 'command',
          command: `python -c "${use.join('; ')}"`,
          environment,
          inputs: {
            table: { job_input_type: 'literal', value: '${{parent.jobs.make.outputs.table}}' },
            model: { job_input_type: 'literal', value: '${{parent.jobs.pick.outputs.best}}' },
          },
        },
      },
    })
    const children = (await get<{ value: Job[] }>('jobs?parentJobName=diabetes')).value
    const pick = children.find((child) => child.properties.jobType === 'AutoML')
    const board = await leaderboard(pick?.name ?? '')
    expect(board.value).toHaveLength(2)
    expect(board.value[0]).toMatchObject({ algorithm: 'ElasticNet', rank: 1 })
    expect(board.value[0]?.score).toBeGreaterThan(0.35)
    expect(['bmi', 's5']).toContain(board.explanation?.features[0]?.name)
    const user = children.find((child) => child.properties.properties['azureml.moduleName'] === 'use')
    const log = await server.admin.get(`${workspace}/jobs/${user?.name}/logs/user_logs/std_log.txt`)
    expect(Number(/CORRELATION ([\d.]+)/.exec(log.text)?.[1]), log.text).toBeGreaterThan(0.6)
  }, 1_200_000)

  it('forecasts months of two shops better than the season before', async () => {
    await putBlob(server.ctx, { workspaceId: workspace, name: 'sales/sales.csv', source: Buffer.from(sales()) })
    await run('sales', {
      jobType: 'AutoML',
      taskDetails: {
        taskType: 'Forecasting',
        targetColumnName: 'sales',
        primaryMetric: 'NormalizedRootMeanSquaredError',
        trainingData: { jobInputType: 'mltable', uri: `${blobs}/sales/` },
        limitSettings: { maxTrials: 3, maxConcurrentTrials: 2, timeout: 'PT18M' },
        trainingSettings: { allowedTrainingAlgorithms: ['SeasonalNaive', 'ElasticNet'], enableModelExplainability: false },
        forecastingSettings: {
          timeColumnName: 'month',
          forecastHorizon: { mode: 'Custom', value: 6 },
          targetLags: { mode: 'Auto' },
          timeSeriesIdColumnNames: ['shop'],
        },
      },
      outputs: {},
    })
    const board = await leaderboard('sales')
    const scoreOf = (algorithm: string): number => board.value.find((entry) => entry.algorithm === algorithm)?.score ?? Number.NaN
    expect(board.value[0]?.score).toBeLessThan(0.6 * scoreOf('SeasonalNaive'))
    expect(board.explanation).toBeNull()
  }, 1_200_000)
})

/** Six years of two shops that grow, with a season and a wobble that repeats nowhere. */
function sales(): string {
  const rows = ['a', 'b'].flatMap((shop, which) =>
    Array.from({ length: 72 }, (_unused, index) => {
      const month = new Date(Date.UTC(2012, index, 1)).toISOString().slice(0, 10)
      const value = 100 + 150 * which + 2 * index + 30 * Math.sin((2 * Math.PI * index) / 12) + 3 * Math.sin(index * index)
      return `${shop},${month},${index % 5},${value.toFixed(2)}`
    }),
  )
  return `shop,month,promotion,sales\n${rows.join('\n')}\n`
}
