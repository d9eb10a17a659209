import type { Distribution, ParameterValue, SearchParameter } from '../sweep/types.ts'
import type { AutoMLTask } from './types.ts'

/** The algorithms by Azure's names, best first guesses first, with the parameters that the search may set; the trial program knows the same. */

interface Algorithm {
  readonly name: string
  /** Tried first. */
  readonly start: Readonly<Record<string, ParameterValue>>
  readonly space: Readonly<Record<string, Distribution>>
}

const real = (min: number, max: number): Distribution => ({ kind: 'uniform', min, max, log: false })
const log = (min: number, max: number): Distribution => ({ kind: 'uniform', min: Math.log(min), max: Math.log(max), log: true })
const integer = (min: number, max: number): Distribution => ({ kind: 'uniform', min, max, log: false, q: 1 })
const logInteger = (min: number, max: number): Distribution => ({
  kind: 'uniform',
  min: Math.log(min),
  max: Math.log(max),
  log: true,
  q: 1,
})
const choice = (...values: ParameterValue[]): Distribution => ({ kind: 'choice', values })

/** For those to which the scale of a column matters. */
const scaler = choice('StandardScaler', 'MaxAbsScaler', 'MinMaxScaler', 'RobustScaler')
const scaled = { preprocessor: 'StandardScaler' }

const forest = {
  start: { n_estimators: 200, max_features: 0.5, min_samples_leaf: 1 },
  space: { n_estimators: choice(100, 200, 400), max_features: real(0.1, 1), min_samples_leaf: logInteger(1, 20) },
}
const lightGbm: Algorithm = {
  name: 'LightGBM',
  start: {
    n_estimators: 200,
    learning_rate: 0.08,
    num_leaves: 31,
    min_child_samples: 20,
    subsample: 0.9,
    colsample_bytree: 0.8,
    reg_lambda: 0.01,
  },
  space: {
    n_estimators: choice(100, 200, 400, 800),
    learning_rate: log(0.01, 0.3),
    num_leaves: logInteger(4, 128),
    min_child_samples: logInteger(3, 60),
    subsample: real(0.5, 1),
    colsample_bytree: real(0.3, 1),
    reg_lambda: log(1e-3, 30),
  },
}
const gradientBoosting: Algorithm = {
  name: 'GradientBoosting',
  start: { n_estimators: 150, learning_rate: 0.1, max_depth: 3, subsample: 0.9 },
  space: {
    n_estimators: choice(50, 100, 150, 300),
    learning_rate: log(0.02, 0.3),
    max_depth: integer(2, 7),
    subsample: real(0.5, 1),
  },
}
const decisionTree: Algorithm = {
  name: 'DecisionTree',
  start: { max_depth: 6, min_samples_leaf: 5 },
  space: { max_depth: integer(2, 20), min_samples_leaf: logInteger(1, 50) },
}
const neighbours: Algorithm = {
  name: 'KNN',
  start: { ...scaled, n_neighbors: 9, weights: 'distance', p: 2 },
  space: { preprocessor: scaler, n_neighbors: logInteger(1, 60), weights: choice('uniform', 'distance'), p: choice(1, 2) },
}
const randomForest: Algorithm = { name: 'RandomForest', ...forest }
const extraTrees: Algorithm = { name: 'ExtremeRandomTrees', ...forest }

const classification: readonly Algorithm[] = [
  lightGbm,
  { name: 'LogisticRegression', start: { ...scaled, C: 1 }, space: { preprocessor: scaler, C: log(1e-3, 1e3) } },
  randomForest,
  extraTrees,
  gradientBoosting,
  {
    name: 'SVM',
    start: { ...scaled, C: 2, gamma: 0.05 },
    space: { preprocessor: scaler, C: log(0.03, 300), gamma: log(1e-4, 3) },
  },
  { name: 'LinearSVM', start: { ...scaled, C: 0.5 }, space: { preprocessor: scaler, C: log(1e-3, 100) } },
  neighbours,
  {
    name: 'SGD',
    start: { ...scaled, alpha: 1e-3, penalty: 'l2', loss: 'log_loss' },
    space: {
      preprocessor: scaler,
      alpha: log(1e-6, 0.1),
      penalty: choice('l2', 'l1', 'elasticnet'),
      loss: choice('log_loss', 'modified_huber'),
    },
  },
  decisionTree,
  { name: 'BernoulliNaiveBayes', start: { ...scaled, alpha: 1 }, space: { preprocessor: scaler, alpha: log(1e-3, 10) } },
  // It counts: the program scales to [0, 1] whatever else is asked for.
  { name: 'MultinomialNaiveBayes', start: { alpha: 1 }, space: { alpha: log(1e-3, 10) } },
]

const regression: readonly Algorithm[] = [
  lightGbm,
  {
    name: 'ElasticNet',
    start: { ...scaled, alpha: 0.01, l1_ratio: 0.5 },
    space: { preprocessor: scaler, alpha: log(1e-5, 10), l1_ratio: real(0.01, 1) },
  },
  randomForest,
  extraTrees,
  gradientBoosting,
  { name: 'LassoLars', start: { ...scaled, alpha: 1e-3 }, space: { preprocessor: scaler, alpha: log(1e-6, 1) } },
  neighbours,
  {
    name: 'SGD',
    start: { ...scaled, alpha: 1e-3, penalty: 'l2' },
    space: { preprocessor: scaler, alpha: log(1e-6, 0.1), penalty: choice('l2', 'l1', 'elasticnet') },
  },
  decisionTree,
]

const series: readonly Algorithm[] = [
  { name: 'SeasonalNaive', start: {}, space: {} },
  {
    name: 'ExponentialSmoothing',
    start: { alpha: 0.3, beta: 0.05, gamma: 0.1, damping: 0.98 },
    space: { alpha: real(0.02, 0.98), beta: real(0, 0.4), gamma: real(0, 0.6), damping: real(0.8, 1) },
  },
  { name: 'Naive', start: {}, space: {} },
  { name: 'SeasonalAverage', start: {}, space: {} },
  { name: 'Average', start: {}, space: {} },
]
const [firstSeries, smoothing, ...otherSeries] = series
const forecasting: readonly Algorithm[] = [firstSeries, smoothing, ...regression, ...otherSeries].filter(
  (algorithm) => algorithm !== undefined,
)

export const catalog: Readonly<Record<AutoMLTask, readonly Algorithm[]>> = { classification, regression, forecasting }

/** Azure's algorithms that this server has no program for. */
export const notOffered: Readonly<Record<AutoMLTask, readonly string[]>> = {
  classification: ['XGBoostClassifier', 'TensorFlowDNN', 'TensorFlowLinearClassifier'],
  regression: ['XGBoostRegressor', 'FastLinearRegressor', 'OnlineGradientDescentRegressor'],
  forecasting: ['AutoArima', 'Prophet', 'Arimax', 'TCNForecaster', 'XGBoostRegressor'],
}

/** Takes no weights of rows. */
export const withoutWeights: ReadonlySet<string> = new Set(['KNN', 'LassoLars'])

interface Space {
  readonly parameters: readonly SearchParameter[]
  readonly starts: readonly Readonly<Record<string, ParameterValue>>[]
}

/** The search space of a task over some of its algorithms: one choice, and each one's own parameters. */
export function spaceOf(task: AutoMLTask, algorithms: readonly string[]): Space {
  const chosen = catalog[task].filter(({ name }) => algorithms.includes(name))
  const own = chosen.flatMap(({ name, space }) =>
    Object.entries(space).map(([parameter, distribution]) => ({ name: parameter, distribution, algorithms: [name] })),
  )
  return {
    parameters: [{ name: 'algorithm', distribution: choice(...chosen.map(({ name }) => name)) }, ...own],
    starts: chosen.map(({ name, start }) => ({ algorithm: name, ...start })),
  }
}

interface Metric {
  readonly metric: string
  readonly goal: 'maximize' | 'minimize'
}

const maximized = (...names: string[]): Metric[] => names.map((metric) => ({ metric, goal: 'maximize' }))
const ofNumbers: readonly Metric[] = [
  { metric: 'normalized_root_mean_squared_error', goal: 'minimize' },
  { metric: 'normalized_mean_absolute_error', goal: 'minimize' },
  ...maximized('spearman_correlation', 'r2_score'),
]

/** Primary metrics under the names by which they are logged; the first is the default. */
export const primaryMetrics: Readonly<Record<AutoMLTask, readonly Metric[]>> = {
  classification: maximized(
    'accuracy',
    'AUC_weighted',
    'norm_macro_recall',
    'average_precision_score_weighted',
    'precision_score_weighted',
  ),
  regression: ofNumbers,
  forecasting: ofNumbers,
}
