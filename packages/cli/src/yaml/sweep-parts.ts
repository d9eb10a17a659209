import {
  as,
  choice,
  duration,
  integer,
  mapping,
  needed,
  number,
  type Rule,
  text,
  type Shape,
  translate,
  unsent,
} from './shape.ts'
import { type Casing, camel, plain, snake } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

/** The parts of a sweep: what is tried, in which order, what counts, when to stop. */

const parametersOf: Readonly<Record<string, readonly string[]>> = {
  choice: ['values'],
  uniform: ['min_value', 'max_value'],
  loguniform: ['min_value', 'max_value'],
  quniform: ['min_value', 'max_value', 'q'],
  qloguniform: ['min_value', 'max_value', 'q'],
  normal: ['mu', 'sigma'],
  lognormal: ['mu', 'sigma'],
  qnormal: ['mu', 'sigma', 'q'],
  qlognormal: ['mu', 'sigma', 'q'],
  randint: ['upper'],
}

interface Distribution {
  readonly type: string
  readonly parameters: Readonly<Record<string, unknown>>
}

function distributionOf(node: YamlNode): Distribution {
  const type = node.need('type').oneOf(Object.keys(parametersOf))
  const names = parametersOf[type] ?? []
  node.only(['type', ...names])
  const value = (name: string): unknown => (name === 'values' ? choiceValues(node.need(name)) : node.need(name).number())
  return { type, parameters: Object.fromEntries(names.map((name) => [name, value(name)])) }
}

function choiceValues(node: YamlNode): unknown[] {
  return node.items().map((item) => item.value)
}

/** One distribution in a sweep job: `["uniform", [0.1, 0.9]]`. The list of a choice is nested once more. */
export const searchSpaceEntry: Rule = (node) => {
  const { type, parameters } = distributionOf(node)
  return [type, Object.values(parameters).map((value) => (Array.isArray(value) ? value.map(nestedChoice) : value))]
}

/** A choice among mappings may hold distributions of its own; they take the wire form, too. */
function nestedChoice(value: unknown): unknown {
  if (!plain(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const names = plain(entry) ? parametersOf[String(entry['type'])] : undefined
      if (!plain(entry) || names === undefined) return [key, entry]
      return [key, [String(entry['type']), names.map((name) => entry[name])]]
    }),
  )
}

/** A distribution in a node of a pipeline: checked, and in the form of the file. */
export const searchSpaceNode: Rule = (node) => {
  if (!node.isMapping()) return node.value
  const { type, parameters } = distributionOf(node)
  return { type, ...parameters }
}

/** A distribution as text, which AutoML jobs use: `uniform(0.01,0.1)`, `choice('a','b')`. Single values pass. */
export function searchSpaceText(node: YamlNode): string {
  if (!node.isMapping()) return node.text()
  const { type, parameters } = distributionOf(node)
  const values = Object.values(parameters).flat()
  return `${type}(${values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(',')})`
}

const algorithmWords = { random: 'Random', grid: 'Grid', bayesian: 'Bayesian' }

/** `random`, or `{type: random, seed: 7}`; jobs want an object, nodes keep the form of the file. */
export const samplingAlgorithm: Rule = async (node, run) => {
  const word = choice(algorithmWords)
  if (!node.isMapping()) return { samplingAlgorithmType: await word(node, run) }
  return translate(node, { type: as('samplingAlgorithmType', word), seed: integer, rule: ruleWord, logbase: text }, run)
}

const ruleWord = choice(['random', 'sobol'])

export const samplingAlgorithmNode: Rule = (node, run) =>
  node.isMapping()
    ? translate(
        node,
        { type: choice(Object.keys(algorithmWords)), seed: integer, rule: choice(['random', 'sobol']), logbase: text },
        run,
        snake,
      )
    : node.oneOf(Object.keys(algorithmWords))

export const objective = (casing: Casing): Rule =>
  mapping({ goal: needed(choice(['minimize', 'maximize'])), primary_metric: needed(text) }, casing)

const policyWords = { bandit: 'Bandit', median_stopping: 'MedianStopping', truncation_selection: 'TruncationSelection' }
const policyShape: Shape = {
  type: unsent,
  evaluation_interval: integer,
  delay_evaluation: integer,
  slack_factor: number,
  slack_amount: number,
  truncation_percentage: integer,
}

/** When a trial ends early. */
export const earlyTermination = (casing: Casing): Rule => {
  const word = choice(policyWords)
  return async (node, run) => {
    const type = await word(node.need('type'), run)
    const slack = type === 'Bandit' && casing === camel ? { [casing('slack_factor')]: 0, [casing('slack_amount')]: 0 } : {}
    const defaults = { [casing('delay_evaluation')]: 0, [casing('evaluation_interval')]: 0, ...slack }
    return { ...defaults, ...(await translate(node, policyShape, run, casing)), [casing('policy_type')]: type }
  }
}

const sweepLimitsShape: Shape = {
  max_total_trials: integer,
  max_concurrent_trials: integer,
  timeout: duration,
  trial_timeout: duration,
}

export const sweepLimits: Rule = async (node, run) => ({
  jobLimitsType: 'Sweep',
  ...(await translate(node, sweepLimitsShape, run, camel)),
})

/** Limits of a sweep as a node: whole seconds. */
export const sweepLimitsNode: Rule = mapping(
  { max_total_trials: integer, max_concurrent_trials: integer, timeout: integer, trial_timeout: integer },
  snake,
)
