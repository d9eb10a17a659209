import { invalid } from '@fulcrum/contract'
import { membersOf, textOf } from '../component-members.ts'
import { parseDurationMs } from '../duration.ts'
import { parseSpace, writeParameter } from './parse-space.ts'
import type { EarlyTermination, Sampling, SearchParameter, SweepSettings } from './types.ts'

/** What makes a job or a node a sweep. Jobs write camelCase, nodes snake_case; both are read everywhere. */

type Members = Readonly<Record<string, unknown>>

const defaultTotalTrials = 1000
const mostTrials = 100_000
/** Azure's default: 60 days. */
const defaultTimeoutMs = 5_184_000_000

/** @throws InvalidRequestContent */
export function parseSweep(given: Members, target: string): SweepSettings {
  const parameters = parseSpace(member(given, 'searchSpace'), `${target}.searchSpace`)
  const limits = membersOf(member(given, 'limits'))
  const maxTotalTrials = count(member(limits, 'maxTotalTrials'), defaultTotalTrials, `${target}.limits.maxTotalTrials`)
  const trialTimeoutMs = parseDurationMs(member(limits, 'trialTimeout'), `${target}.limits.trialTimeout`)
  const policy = parsePolicy(member(given, 'earlyTermination'), `${target}.earlyTermination`)
  const sampling = parseSampling(member(given, 'samplingAlgorithm'), `${target}.samplingAlgorithm`)
  if (sampling.kind === 'grid') refuseContinuous(parameters, `${target}.searchSpace`)
  return {
    parameters,
    sampling,
    objective: parseObjective(membersOf(member(given, 'objective')), `${target}.objective`),
    maxTotalTrials,
    maxConcurrentTrials: Math.min(
      maxTotalTrials,
      count(member(limits, 'maxConcurrentTrials'), maxTotalTrials, `${target}.limits.maxConcurrentTrials`),
    ),
    timeoutMs: parseDurationMs(member(limits, 'timeout'), `${target}.limits.timeout`) ?? defaultTimeoutMs,
    ...(trialTimeoutMs === undefined ? {} : { trialTimeoutMs }),
    ...(policy === undefined ? {} : { earlyTermination: policy }),
  }
}

/** `maxTotalTrials` or `max_total_trials`. */
export function member(members: Members, name: string): unknown {
  return members[name] ?? members[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
}

function count(value: unknown, fallback: number, target: string): number {
  if (value === undefined || value === null) return fallback
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= mostTrials) return number
  throw invalid(`${target} is ${String(value)}; it must be a whole number from 1 to ${mostTrials}.`, { target })
}

function parseObjective(given: Members, target: string): SweepSettings['objective'] {
  const goal = String(member(given, 'goal') ?? '').toLowerCase()
  const metric = textOf(member(given, 'primaryMetric'))
  if (goal !== 'maximize' && goal !== 'minimize')
    throw invalid(`${target}.goal is '${goal}'; it must be 'maximize' or 'minimize'.`, { target: `${target}.goal` })
  if (metric === undefined)
    throw invalid('A sweep needs objective.primaryMetric: the name of a metric that each trial logs.', {
      target: `${target}.primaryMetric`,
    })
  return { goal, metric }
}

function parseSampling(given: unknown, target: string): Sampling {
  const members = typeof given === 'string' ? { type: given } : membersOf(given)
  const kind = String(member(members, 'samplingAlgorithmType') ?? members['type'] ?? 'random').toLowerCase()
  if (kind !== 'random' && kind !== 'grid' && kind !== 'bayesian')
    throw invalid(`${target} is '${kind}'; it must be 'random', 'grid' or 'bayesian'.`, { target })
  const seed = member(members, 'seed')
  const number = seed === undefined || seed === null || seed === '' ? undefined : Number(seed)
  if (number !== undefined && !Number.isFinite(number))
    throw invalid(`${target}.seed is '${String(seed)}'; it must be a number.`, { target })
  const rule = String(members['rule'] ?? 'random').toLowerCase()
  if (rule !== 'random' && rule !== 'sobol')
    throw invalid(`${target}.rule is '${rule}'; it must be 'random' or 'sobol'.`, { target })
  return { kind, sobol: rule === 'sobol', ...(number === undefined ? {} : { seed: number }) }
}

function refuseContinuous(parameters: readonly SearchParameter[], target: string): void {
  const wrong = parameters.find(({ distribution }) => distribution.kind !== 'choice' && distribution.kind !== 'randint')
  if (wrong === undefined) return
  throw invalid(`Grid sampling tries every combination, so each parameter must be a choice; '${wrong.name}' is not.`, {
    target: `${target}.${wrong.name}`,
  })
}

function parsePolicy(given: unknown, target: string): EarlyTermination | undefined {
  const members = membersOf(given)
  const written = member(members, 'policyType') ?? members['type']
  if (written === undefined || written === null) return undefined
  const number = (name: string): number | undefined => optionalNumber(members, name, `${target}.${name}`)
  const timing = {
    evaluationInterval: Math.max(1, number('evaluationInterval') ?? 1),
    delayEvaluation: number('delayEvaluation') ?? 0,
  }
  switch (String(written).toLowerCase().replaceAll('_', '')) {
    case 'bandit':
      return { kind: 'bandit', ...timing, ...slackOf(number('slackFactor'), number('slackAmount'), target) }
    case 'medianstopping':
      return { kind: 'medianStopping', ...timing }
    case 'truncationselection': {
      const percentage = number('truncationPercentage') ?? 0
      const place = `${target}.truncationPercentage`
      if (!(percentage >= 1 && percentage <= 99))
        throw invalid(`${place} is ${percentage}; it must be from 1 to 99.`, { target: place })
      const excludeFinishedJobs = member(members, 'excludeFinishedJobs') === true
      return { kind: 'truncationSelection', ...timing, percentage, excludeFinishedJobs }
    }
    default:
      throw invalid(`${target} is '${String(written)}'; it must be bandit, median_stopping or truncation_selection.`, { target })
  }
}

function optionalNumber(members: Members, name: string, target: string): number | undefined {
  const value = member(members, name)
  if (value === undefined || value === null) return undefined
  if (Number.isFinite(Number(value)) && Number(value) >= 0) return Number(value)
  throw invalid(`${target} is '${String(value)}'; it must be a number, 0 or more.`, { target })
}

/** Clients send 0 for the one that is not meant. */
function slackOf(factor: number | undefined, amount: number | undefined, target: string) {
  if (amount !== undefined && amount > 0) return { slackAmount: amount }
  if (factor === undefined && amount === undefined)
    throw invalid(`${target}: bandit needs slackFactor or slackAmount.`, { target })
  return { slackFactor: factor ?? 0 }
}

/** The members of a sweep in the form of a job, for the child that a node of a pipeline is. */
export function writeSweep(settings: SweepSettings): Record<string, unknown> {
  const { parameters, sampling, objective } = settings
  // AutoML's own sampling, `portfolio`, has no name in a sweep; its job is written as AutoML.
  const types = { random: 'Random', grid: 'Grid', bayesian: 'Bayesian', portfolio: 'Random' }
  return {
    searchSpace: Object.fromEntries(parameters.map((parameter) => [parameter.name, writeParameter(parameter)])),
    samplingAlgorithm: {
      samplingAlgorithmType: types[sampling.kind],
      ...(sampling.kind === 'random'
        ? { rule: sampling.sobol ? 'Sobol' : 'Random', ...(sampling.seed === undefined ? {} : { seed: sampling.seed }) }
        : {}),
    },
    objective: { goal: objective.goal, primaryMetric: objective.metric },
    limits: {
      jobLimitsType: 'Sweep',
      maxTotalTrials: settings.maxTotalTrials,
      maxConcurrentTrials: settings.maxConcurrentTrials,
      timeout: `PT${settings.timeoutMs / 1000}S`,
      ...(settings.trialTimeoutMs === undefined ? {} : { trialTimeout: `PT${settings.trialTimeoutMs / 1000}S` }),
    },
    ...(settings.earlyTermination === undefined ? {} : { earlyTermination: writePolicy(settings.earlyTermination) }),
  }
}

function writePolicy(policy: EarlyTermination): Record<string, unknown> {
  const { kind, evaluationInterval, delayEvaluation, ...rest } = policy
  const types = { bandit: 'Bandit', medianStopping: 'MedianStopping', truncationSelection: 'TruncationSelection' }
  const { percentage, ...others } = rest as { percentage?: number }
  return {
    policyType: types[kind],
    evaluationInterval,
    delayEvaluation,
    ...others,
    ...(percentage === undefined ? {} : { truncationPercentage: percentage }),
  }
}
