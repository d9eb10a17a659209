import { describe, expect, it } from 'vitest'
import { parametersAt } from '../sweep/search-space.ts'
import { samplePoint } from '../sweep/sample.ts'
import { catalog } from './catalog.ts'
import { parseAutoML } from './parse-automl.ts'
import type { AutoMLTask } from './types.ts'

const parse = (task: AutoMLTask, members: Record<string, unknown>) =>
  parseAutoML(task, { members: { targetColumnName: 'y', ...members }, target: 'properties.taskDetails' }, [])
const refusal = (task: AutoMLTask, members: Record<string, unknown>): string => {
  try {
    parse(task, members)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'accepted'
}
const time = { timeColumnName: 't', forecastHorizon: { mode: 'Custom', value: 6 } }

describe('AutoML settings', () => {
  it('mean the same in a job and in a node', () => {
    const job = parse('forecasting', {
      primaryMetric: 'R2Score',
      nCrossValidations: { mode: 'Custom', value: 4 },
      limitSettings: {
        maxTrials: 9,
        maxConcurrentTrials: 3,
        timeout: 'PT30M',
        trialTimeout: 'PT5M',
        exitScore: 0.9,
        sweepTrials: 0,
      },
      trainingSettings: { blockedTrainingAlgorithms: ['Naive', 'LightGBM'], enableVoteEnsemble: true },
      featurizationSettings: {
        mode: 'Custom',
        columnNameAndTypes: { a: 'Categorical' },
        transformerParams: { Imputer: [{ fields: ['b'], parameters: { strategy: 'median' } }] },
      },
      forecastingSettings: { ...time, targetLags: { mode: 'Custom', values: [2, 1] }, timeSeriesIdColumnNames: ['s'] },
    })
    const node = parseAutoML(
      'forecasting',
      {
        target: 'properties.jobs.f',
        members: {
          target_column_name: 'y',
          primary_metric: 'r2_score',
          n_cross_validations: 4,
          limits: { max_trials: 9, max_concurrent_trials: 3, timeout_minutes: 30, trial_timeout_minutes: 5, exit_score: 0.9 },
          training: { blocked_training_algorithms: ['naive', 'light_gbm'], enable_vote_ensemble: true },
          featurization: {
            mode: 'custom',
            column_name_and_types: { a: 'Categorical' },
            transformer_params: { imputer: [{ fields: ['b'], parameters: { strategy: 'median' } }] },
          },
          // The SDK prints the list of ids as Python does.
          forecasting: { time_column_name: 't', forecast_horizon: 6, target_lags: [1, 2], time_series_id_column_names: "['s']" },
        },
      },
      [],
    )
    expect(node).toEqual(job)
    expect(job.automl).toMatchObject({ metric: 'r2_score', goal: 'maximize', folds: 4, notices: [] })
    expect(job.automl.algorithms).not.toContain('LightGBM')
    expect(job.sweep).toMatchObject({ maxTotalTrials: 8, maxConcurrentTrials: 3, timeoutMs: 1_800_000, exitScore: 0.9 })
    expect(job.sweep).toMatchObject({ finals: ['ensemble', 'explain'], patience: { after: 20, trials: 10 } })
  })

  it('list what is not honoured', () => {
    const { automl } = parse('classification', {
      testData: { uri: 'azureml:d:1' },
      validationData: { uri: 'azureml:d:1' },
      nCrossValidations: { mode: 'Custom', value: 3 },
      weightColumnName: 'w',
      limitSettings: { maxNodes: 4 },
      trainingSettings: {
        allowedTrainingAlgorithms: ['XGBoostClassifier', 'LightGBM', 'KNN'],
        enableStackEnsemble: true,
        enableOnnxCompatibleModels: true,
        enableDnnTraining: true,
      },
      featurizationSettings: { datasetLanguage: 'deu', transformerParams: { HashOneHotEncoder: [] } },
    })
    expect(automl.algorithms).toEqual(['LightGBM'])
    const told = automl.notices.join('\n')
    for (const word of [
      'testData',
      'nCrossValidations',
      'maxNodes',
      'XGBoostClassifier',
      'KNN',
      'Stack',
      'Onnx',
      'Dnn',
      'deu',
      'HashOneHot',
    ])
      expect(told).toContain(word)
    const { automl: forecast } = parse('forecasting', {
      forecastingSettings: { ...time, countryOrRegionForHolidays: 'DE', useStl: 'season', featureLags: 'auto' },
    })
    expect(forecast.notices).toHaveLength(3)
  })

  it.each<[AutoMLTask, Record<string, unknown>, string]>([
    ['classification', { targetColumnName: '' }, 'targetColumnName'],
    ['classification', { primaryMetric: 'acuracy' }, "Did you mean 'accuracy'"],
    ['regression', { primaryMetric: 'AUCWeighted' }, 'r2_score'],
    ['classification', { limitSettings: { maxTrials: 0 } }, 'maxTrials'],
    ['classification', { testDataSize: 0.2 }, 'testDataSize'],
    [
      'classification',
      { trainingSettings: { allowedTrainingAlgorithms: ['XGBoostClassifier'] } },
      'No training algorithm is left',
    ],
    ['classification', { trainingSettings: { blockedTrainingAlgorithms: ['LightGMB'] } }, "Did you mean 'LightGBM'"],
    ['regression', { trainingSettings: { trainingMode: 'Distributed' } }, 'Distributed'],
    ['regression', { featurizationSettings: { columnNameAndTypes: { a: 'Number' } } }, 'Numeric'],
    ['forecasting', {}, 'timeColumnName'],
    ['forecasting', { forecastingSettings: { ...time, forecastHorizon: { mode: 'Auto' } } }, 'number of periods'],
    ['forecasting', { forecastingSettings: { ...time, shortSeriesHandlingConfig: 'pad' } }, 'pad'],
    ['forecasting', { forecastingSettings: { ...time, targetAggregateFunction: 'sum' } }, 'frequency'],
  ])('refuse what would make another model: %s %o', (task, members, words) => {
    expect(refusal(task, members)).toContain(words)
  })
})

describe('the space of algorithms', () => {
  it('tries the start of each algorithm, with the values that it names', () => {
    for (const task of ['classification', 'regression', 'forecasting'] as const) {
      const { sweep } = parse(task, { forecastingSettings: time })
      for (const [number, algorithm] of catalog[task].entries()) {
        const found = parametersAt(sweep.parameters, samplePoint(sweep, 's', number, []))
        expect(Object.keys(found).toSorted()).toEqual(['algorithm', ...Object.keys(algorithm.start)].toSorted())
        for (const [name, value] of Object.entries({ algorithm: algorithm.name, ...algorithm.start })) {
          if (typeof value === 'number') expect(found[name], `${algorithm.name}.${name}`).toBeCloseTo(value, 6)
          else expect(found[name]).toBe(value)
        }
      }
    }
  })
})
