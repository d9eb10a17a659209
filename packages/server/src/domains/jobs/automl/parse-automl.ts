import { invalid } from '@fulcrum/contract'
import { membersOf, textOf } from '../component-members.ts'
import { member } from '../sweep/parse-sweep.ts'
import type { SweepSettings } from '../sweep/types.ts'
import { catalog, notOffered, primaryMetrics, spaceOf, withoutWeights } from './catalog.ts'
import { parseFeaturization, parseForecasting } from './parse-table-settings.ts'
import { autoOr, durationMs, flag, flat, number, numberAt, oneOf, placeIn, text, texts, type Place } from './read.ts'
import type { AutoMLSpec, AutoMLTask } from './types.ts'

/** AutoML of a job (`taskDetails`) or a node as a search for the sweep engine, with a list of what of it is not honoured. Pure. */

export interface ParsedAutoML {
  readonly automl: AutoMLSpec
  readonly sweep: SweepSettings
}

const tasks = ['classification', 'regression', 'forecasting'] as const

/** The task when it is one for tables. */
export function tableTask(task: unknown): AutoMLTask | undefined {
  return tasks.find((known) => known === flat(String(task ?? '')))
}

/** @throws InvalidRequestContent naming the member that cannot be honoured, and what may stand there */
export function parseAutoML(task: AutoMLTask, place: Place, outputs: readonly string[]): ParsedAutoML {
  const notices: string[] = []
  const targetColumn = text(place, 'targetColumnName')
  if (targetColumn === undefined)
    throw invalid('AutoML needs targetColumnName: the column to be predicted.', { target: `${place.target}.targetColumnName` })
  const training = placeIn(place, 'trainingSettings', 'training')
  const metric = parseMetric(task, place)
  const weightColumn = text(place, 'weightColumnName')
  const algorithms = chooseAlgorithms(task, training, weightColumn !== undefined, notices)
  noteTraining(training, notices)
  const explain = flag(training, 'enableModelExplainability', true)
  const ensemble = flag(training, 'enableVoteEnsemble', true)
  const limits = placeIn(place, 'limitSettings', 'limits')
  const search = parseLimits(limits, notices)
  const forecasting =
    task === 'forecasting' ? parseForecasting(placeIn(place, 'forecastingSettings', 'forecasting'), notices) : undefined
  const finals = [...(ensemble && search.maxTrials >= 3 ? ['ensemble' as const] : []), ...(explain ? ['explain' as const] : [])]
  const positiveLabel = text(place, 'positiveLabel')
  const automl: AutoMLSpec = {
    task,
    ...metric,
    targetColumn,
    ...(weightColumn === undefined ? {} : { weightColumn }),
    ...(positiveLabel === undefined ? {} : { positiveLabel }),
    ...parseValidation(place, notices),
    featurization: parseFeaturization(placeIn(place, 'featurizationSettings', 'featurization'), notices),
    ...(forecasting === undefined ? {} : { forecasting }),
    modelOutput: outputs[0] ?? 'best_model',
    algorithms,
    explain,
    ...(search.maxCores === undefined ? {} : { maxCores: search.maxCores }),
    concurrent: search.settings.maxConcurrentTrials,
    notices,
  }
  return {
    automl,
    sweep: {
      ...spaceOf(task, algorithms),
      sampling: { kind: 'portfolio', sobol: false },
      objective: { goal: metric.goal, metric: metric.metric },
      ...search.settings,
      // As in Azure the ensemble counts as one of the trials.
      maxTotalTrials: search.maxTrials - (finals.includes('ensemble') ? 1 : 0),
      finals,
      keepAtTimeout: true,
      giveUpAfter: 3,
    },
  }
}

function parseMetric(task: AutoMLTask, place: Place): { metric: string; goal: 'maximize' | 'minimize' } {
  const [first] = primaryMetrics[task]
  const written = text(place, 'primaryMetric')
  const names = primaryMetrics[task].map(({ metric }) => metric)
  const wanted = written === undefined ? first?.metric : oneOf(written, names, `${place.target}.primaryMetric`)
  return primaryMetrics[task].find(({ metric }) => metric === wanted) ?? { metric: 'accuracy', goal: 'maximize' }
}

/** Azure's defaults: 1000 trials, one at a time, half an hour each, six hours in all. */
function parseLimits(limits: Place, notices: string[]) {
  const maxTrials = number(limits, 'maxTrials', { min: 1, max: 100_000, whole: true }) ?? 1000
  const concurrent = number(limits, 'maxConcurrentTrials', { min: 1, max: 100_000, whole: true }) ?? 1
  const maxCores = number(limits, 'maxCoresPerTrial', { min: -1, whole: true })
  const exitScore = number(limits, 'exitScore', { min: -Infinity })
  if ((number(limits, 'maxNodes', { min: 1, whole: true }) ?? 1) > 1)
    notices.push('maxNodes: a trial runs on one node; use maxConcurrentTrials for several trials at once.')
  if ((number(limits, 'sweepTrials', { min: 0 }) ?? 0) > 0)
    notices.push('sweepTrials: tables are searched by maxTrials; sweepTrials is not used.')
  return {
    maxTrials,
    maxCores: maxCores === undefined || maxCores < 1 ? undefined : maxCores,
    settings: {
      maxConcurrentTrials: Math.min(concurrent, maxTrials),
      timeoutMs: durationMs(limits, 'timeout', 'timeoutMinutes') ?? 6 * 3_600_000,
      trialTimeoutMs: durationMs(limits, 'trialTimeout', 'trialTimeoutMinutes') ?? 30 * 60_000,
      ...(exitScore === undefined ? {} : { exitScore }),
      // Azure's rule: nothing ends in the first 20 trials, then 10 without progress do.
      ...(flag(limits, 'enableEarlyTermination', true) ? { patience: { after: 20, trials: 10 } } : {}),
    },
  }
}

function parseValidation(place: Place, notices: string[]): Pick<AutoMLSpec, 'validationSize' | 'folds' | 'splitColumns'> {
  const size = number(place, 'validationDataSize', { min: 0, max: 0.99 }) ?? 0
  const written = autoOr(place, 'nCrossValidations')
  const folds =
    written === 'auto' ? undefined : numberAt(written, `${place.target}.nCrossValidations`, { min: 2, max: 50, whole: true })
  const splitColumns = texts(place, 'cvSplitColumnNames')
  // In the order in which the trial program looks for them.
  const given = Object.entries({
    validationData: hasValue(member(place.members, 'validationData')),
    cvSplitColumnNames: splitColumns.length > 0,
    validationDataSize: size > 0,
    nCrossValidations: folds !== undefined,
  }).flatMap(([name, isGiven]) => (isGiven ? [name] : []))
  if (given.length > 1)
    notices.push(`${given.slice(1).join(', ')}: not used, since ${given[0] ?? ''} says what trials are judged by.`)
  noteTestData(place, notices)
  return { ...(size > 0 ? { validationSize: size } : {}), folds: folds ?? 'auto', splitColumns }
}

/** @throws InvalidRequestContent rows would have to be kept from training for a test that nobody makes */
function noteTestData(place: Place, notices: string[]): void {
  if (hasValue(member(place.members, 'testData')))
    notices.push('testData: the best model is not tested on it; run a job on the output for that.')
  if ((number(place, 'testDataSize', { min: 0, max: 0.99 }) ?? 0) > 0)
    throw invalid('testDataSize is not supported: take the test rows out of trainingData before.', {
      target: `${place.target}.testDataSize`,
    })
}

function hasValue(value: unknown): boolean {
  return textOf(value) !== undefined || Object.keys(membersOf(value)).length > 0
}

function chooseAlgorithms(task: AutoMLTask, training: Place, weighted: boolean, notices: string[]): string[] {
  const offered = catalog[task].map(({ name }) => name)
  const known = [...offered, ...notOffered[task]]
  const read = (name: string): string[] => texts(training, name).map((word) => oneOf(word, known, `${training.target}.${name}`))
  const [allowed, blocked] = [read('allowedTrainingAlgorithms'), read('blockedTrainingAlgorithms')]
  const missing = allowed.filter((name) => !offered.includes(name))
  const chosen = offered.filter(
    (name) =>
      (allowed.length === 0 || allowed.includes(name)) && !blocked.includes(name) && !(weighted && withoutWeights.has(name)),
  )
  if (chosen.length === 0)
    throw invalid(`No training algorithm is left. Offered for ${task}: ${offered.join(', ')}.`, {
      target: `${training.target}.${allowed.length > 0 ? 'allowedTrainingAlgorithms' : 'blockedTrainingAlgorithms'}`,
    })
  if (missing.length > 0)
    notices.push(`allowedTrainingAlgorithms: ${missing.join(', ')} not offered here; ${chosen.join(', ')} will be tried.`)
  if (weighted && offered.some((name) => withoutWeights.has(name)))
    notices.push(`weightColumnName: ${[...withoutWeights].join(' and ')} take no weights and are left out.`)
  return chosen
}

/** @throws InvalidRequestContent for what would make another kind of model */
function noteTraining(training: Place, notices: string[]): void {
  if (flag(training, 'enableDnnTraining', false))
    notices.push('enableDnnTraining: deep networks are not among the algorithms here; the others are tried.')
  if (flag(training, 'enableStackEnsemble', false)) notices.push('enableStackEnsemble: only the voting ensemble is made.')
  if (flag(training, 'enableOnnxCompatibleModels', false))
    notices.push('enableOnnxCompatibleModels: models are MLflow models of scikit-learn and LightGBM, not ONNX.')
  const mode = text(training, 'trainingMode')
  if (mode !== undefined && flat(mode) === 'distributed')
    throw invalid("trainingMode 'Distributed' is not supported; a trial runs on one node. Use 'Auto' or 'NonDistributed'.", {
      target: `${training.target}.trainingMode`,
    })
}
