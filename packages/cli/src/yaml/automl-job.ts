import { jobShape, queueSettings } from './job-parts.ts'
import { dataUri, nodeOutputs } from './job-io.ts'
import {
  as,
  boolean,
  choice,
  integer,
  listOf,
  mapOf,
  mapping,
  minutes,
  needed,
  number,
  oneOrMore,
  raw,
  type Rule,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { computeId } from './references.ts'
import { nodeResources, jobResources, identity } from './job-parts.ts'
import { earlyTermination, samplingAlgorithm, searchSpaceText } from './sweep-parts.ts'
import { camel, compact, pascal, plain, snake } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

/** AutoML jobs: those of tables run, those of images and texts are stored and shown. */

const tableTasks = ['classification', 'regression', 'forecasting'] as const
const imageTasks = [
  'image_classification',
  'image_classification_multilabel',
  'image_object_detection',
  'image_instance_segmentation',
] as const
const textTasks = ['text_classification', 'text_classification_multilabel', 'text_ner'] as const
const tasks = [...tableTasks, ...imageTasks, ...textTasks]

/** Words whose wire form is not their PascalCase. */
const words: Readonly<Record<string, string>> = {
  auc_weighted: 'AUCWeighted',
  text_ner: 'TextNER',
  iou: 'Iou',
  svm: 'SVM',
  linear_svm: 'LinearSVM',
  knn: 'KNN',
  sgd: 'SGD',
  light_gbm: 'LightGBM',
  xg_boost_classifier: 'XGBoostClassifier',
  xg_boost_regressor: 'XGBoostRegressor',
  tcn_forecaster: 'TCNForecaster',
  light_gbm_classifier: 'LightGBMClassifier',
  light_gbm_regressor: 'LightGBMRegressor',
  logistic_regression_cv: 'LogisticRegressionCV',
  elastic_net_cv: 'ElasticNetCV',
}
const wireWord: Rule = (node) => {
  const word = node.text()
  const flat = word.replaceAll('_', '').toLowerCase()
  const known = Object.entries(words).find(([key]) => key.replaceAll('_', '') === flat)
  return known?.[1] ?? pascal(word)
}

/** `auto` or a number of one's own. */
const autoOr: Rule = (node) =>
  typeof node.value === 'string' && node.value.toLowerCase() === 'auto'
    ? { mode: 'Auto' }
    : { mode: 'Custom', value: node.integer() }

const autoOrList: Rule = (node) =>
  typeof node.value === 'string' && node.value.toLowerCase() === 'auto'
    ? { mode: 'Auto' }
    : { mode: 'Custom', values: Array.isArray(node.value) ? node.value : [node.integer()] }

const tableData: Rule = async (node, run) => {
  const uri = await dataUri(node.isMapping() ? node.need('path') : node, 'data', run)
  return { jobInputType: 'mltable', uri: uri.replace(/(?<=\/LocalUpload\/.*)\/$/, '') }
}

const limits: Rule = mapping({
  timeout_minutes: as('timeout', minutes),
  trial_timeout_minutes: as('trialTimeout', minutes),
  max_trials: integer,
  max_concurrent_trials: integer,
  max_cores_per_trial: integer,
  max_nodes: integer,
  enable_early_termination: boolean,
  exit_score: number,
})

const featurization: Rule = mapping({
  mode: choice(['auto', 'off', 'custom']),
  dataset_language: text,
  blocked_transformers: listOf(wireWord),
  column_name_and_types: raw,
  transformer_params: async (node, run) => {
    const entries = (await mapOf(listOf(mapping({ fields: raw, parameters: raw })))(node, run)) as Record<string, unknown>
    return Object.fromEntries(Object.entries(entries).map(([key, value]) => [pascal(key), value]))
  },
  enable_dnn_featurization: as('enableDnnFeaturization', boolean),
})

const training: Rule = mapping({
  enable_dnn_training: boolean,
  enable_model_explainability: boolean,
  enable_onnx_compatible_models: boolean,
  enable_stack_ensemble: boolean,
  enable_vote_ensemble: boolean,
  ensemble_model_download_timeout: as('ensembleModelDownloadTimeout', minutes),
  stack_ensemble_settings: mapping({
    stack_meta_learner_kwargs: as('stackMetaLearnerKWargs', raw),
    stack_meta_learner_train_percentage: number,
    stack_meta_learner_type: wireWord,
  }),
  training_mode: wireWord,
  allowed_training_algorithms: listOf(wireWord),
  blocked_training_algorithms: listOf(wireWord),
})

const forecasting: Rule = mapping({
  country_or_region_for_holidays: text,
  cv_step_size: integer,
  forecast_horizon: autoOr,
  target_lags: autoOrList,
  target_rolling_window_size: autoOr,
  time_column_name: text,
  time_series_id_column_names: oneOrMore(text),
  frequency: text,
  feature_lags: text,
  seasonality: autoOr,
  short_series_handling_config: text,
  use_stl: text,
  target_aggregate_function: text,
  features_unknown_at_forecast_time: oneOrMore(text),
})

/** Model settings whose names users choose; a distribution travels as text. */
const modelSettings: Rule = (node) => Object.fromEntries(node.entries().map(([key, entry]) => [camel(key), entry.value]))
const searchSpace: Rule = (node) => Object.fromEntries(node.entries().map(([key, entry]) => [camel(key), searchSpaceText(entry)]))

const sweep: Rule = mapping({
  sampling_algorithm: async (node, run) => {
    const found = await samplingAlgorithm(node, run)
    return plain(found) ? String(found['samplingAlgorithmType']).toLowerCase() : found
  },
  early_termination: earlyTermination(camel),
})

/** Members of the task, in the wire's names. */
const taskShape: Shape = {
  task: unsent,
  log_verbosity: as('logVerbosity', wireWord),
  training_data: needed(tableData),
  validation_data: tableData,
  validation_data_size: number,
  test_data: tableData,
  test_data_size: number,
  target_column_name: text,
  primary_metric: wireWord,
  weight_column_name: text,
  positive_label: text,
  cv_split_column_names: raw,
  n_cross_validations: as('nCrossValidations', autoOr),
  limits: as('limitSettings', limits),
  featurization: as('featurizationSettings', featurization),
  training: as('trainingSettings', training),
  forecasting: as('forecastingSettings', forecasting),
  forecasting_settings: as('forecastingSettings', forecasting),
  sweep: as('sweepSettings', sweep),
  training_parameters: as('modelSettings', modelSettings),
  search_space: as('searchSpace', listOf(searchSpace)),
}

const jobMembers: Shape = {
  ...jobShape,
  environment_id: text,
  environment_variables: texts,
  resources: jobResources,
  queue_settings: queueSettings(camel),
}

/** The `properties` of a standalone AutoML job. */
export async function automlJob(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const task = node.need('task').oneOf(tasks)
  const all = await translate(node, { ...jobMembers, ...taskShape }, run)
  const taskNames = new Set(
    Object.entries(taskShape).map(([key, member]) => (typeof member === 'function' ? camel(key) : (member.as ?? camel(key)))),
  )
  const members = Object.entries(all)
  const details = Object.fromEntries(members.filter(([key]) => taskNames.has(key)))
  return {
    jobType: 'AutoML',
    outputs: {},
    ...Object.fromEntries(members.filter(([key]) => !taskNames.has(key))),
    taskDetails: compact({
      ...details,
      taskType: words[task] ?? pascal(task),
      // These tasks have one metric each.
      primaryMetric: task === 'text_ner' || task === 'text_classification_multilabel' ? undefined : details['primaryMetric'],
      logVerbosity: details['logVerbosity'] ?? 'Info',
      limitSettings: limitsOf(details['limitSettings'], task),
    }),
  }
}

function limitsOf(found: unknown, task: (typeof tasks)[number]): unknown {
  if (!plain(found)) return found
  if (isTable(task)) return { sweepConcurrentTrials: 0, sweepTrials: 0, ...found }
  return isText(task) ? { maxTrials: 1, maxNodes: 1, ...found } : found
}

const isTable = (task: string): boolean => tableTasks.some((known) => known === task)
const isText = (task: string): boolean => textTasks.some((known) => known === task)

/** An AutoML step keeps the form of the file. */
export async function automlNode(step: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const task = step.need('task').oneOf(tasks)
  const asWritten = Object.fromEntries(Object.keys(taskShape).map((key) => [key, raw]))
  const data: Rule = async (node, context) =>
    node.isMapping() ? compact({ type: 'mltable', path: await dataUri(node.need('path'), 'data', context) }) : node.value
  const shape: Shape = {
    ...asWritten,
    training_data: needed(data),
    validation_data: data,
    test_data: data,
    type: unsent,
    name: unsent,
    display_name: text,
    description: text,
    experiment_name: text,
    tags: texts,
    properties: texts,
    compute: as('computeId', computeId),
    identity: identity(snake),
    environment_id: text,
    environment_variables: texts,
    resources: nodeResources,
    outputs: nodeOutputs,
    services: raw,
    queue_settings: queueSettings(snake),
  }
  const members = await translate(step, shape, run, snake)
  const limitsOfText = plain(members['limits']) && isText(task) ? { limits: { max_nodes: 1, ...members['limits'] } } : {}
  return { tags: {}, properties: {}, type: 'automl', log_verbosity: 'info', ...members, ...limitsOfText }
}
