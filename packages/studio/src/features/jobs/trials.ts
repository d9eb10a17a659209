import type { ParallelDimension, ParallelRow } from '../../charts/prepare-parallel.ts'
import type { Series } from '../../charts/prepare-lines.ts'
import type { ScaleValue } from '../../charts/scale.ts'
import type { Sort } from '../../ui/table-keys.ts'
import type { JobNode, Trial } from './steps.ts'

/** A sweep's trials as its page shows them. */
export interface TrialSummary {
  readonly metric: string
  readonly goal: string
  readonly trials: readonly Trial[]
  readonly best: Trial | undefined
  readonly ended: number
  readonly running: number
  /** Stopped by the policy before their end. */
  readonly stopped: number
  /** What each trial reached, and the best so far, by the number of the trial. */
  readonly series: readonly Series[]
  /** Names of all parameters, in the order in which trials name them. */
  readonly parameters: readonly string[]
}

export function summariseTrials(node: JobNode): TrialSummary {
  const { metric = 'objective', goal = 'maximize' } = node.objective ?? {}
  const trials = node.trials ?? []
  const isBetter = (one: number, other: number): boolean => (isLessBetter(goal) ? one < other : one > other)
  const reached: { x: number; y: number }[] = []
  const bestSoFar: { x: number; y: number }[] = []
  let best: Trial | undefined
  for (const trial of trials) {
    if (trial.objective === null) continue
    reached.push({ x: trial.number, y: trial.objective })
    const previous = best?.objective ?? undefined
    if (trial.status === 'Completed' && (previous === undefined || isBetter(trial.objective, previous))) best = trial
    // A trial that was stopped early cannot be the best; the line goes on all the same.
    if (typeof best?.objective === 'number') bestSoFar.push({ x: trial.number, y: best.objective })
  }
  return {
    metric,
    goal,
    trials,
    best,
    ended: trials.filter((trial) => endedStatuses.has(trial.status)).length,
    running: trials.filter((trial) => trial.status === 'Running').length,
    stopped: trials.filter((trial) => trial.stopReason !== null).length,
    series: [
      { id: 'reached', label: metric, points: reached, form: 'points' },
      { id: 'best', label: 'best so far', points: bestSoFar, form: 'steps' },
    ],
    parameters: [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))],
  }
}

const endedStatuses = new Set(['Completed', 'Failed', 'Canceled'])

export const isLessBetter = (goal: string): boolean => goal.toLowerCase() === 'minimize'

/** A parameter's value in a cell: numbers short, the rest as it is. */
export function printParameter(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(5)))
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The policy that stopped a trial, and what it found: "bandit: 1.25 after 1 values, …". */
export function stopOf({ stopReason }: Trial): { readonly policy: string; readonly reason: string } | undefined {
  if (stopReason === null) return undefined
  const match = /^(\w+):\s*(.*)$/s.exec(stopReason)
  return { policy: match?.[1]?.replaceAll('_', ' ') ?? 'policy', reason: match?.[2] ?? stopReason }
}

/** How a trial is told from those that came to their end. */
export function lookOfTrial(trial: Trial): 'plain' | 'stopped' | 'failed' {
  return trial.stopReason !== null ? 'stopped' : trial.status === 'Failed' ? 'failed' : 'plain'
}

/** What the axes can place: numbers and texts as they are, the rest by its JSON. */
export function valueOf(trial: Trial, parameter: string): ScaleValue {
  const value = trial.parameters[parameter]
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)
}

/** @param searchSpace of the sweep: what was drawn by its logarithm is shown so */
export function dimensionsOf(
  { parameters, metric }: Pick<TrialSummary, 'parameters' | 'metric'>,
  searchSpace: unknown,
): readonly ParallelDimension[] {
  return [
    ...parameters.map((name) => ({ id: name, label: name, isLog: isDrawnByLogarithm(searchSpace, name) })),
    { id: objectiveId, label: metric, isLog: false },
  ]
}

/** Cannot be the name of a parameter: those are words. */
export const objectiveId = '(objective)'

/** Undefined where the space does not say. */
export function isDrawnByLogarithm(searchSpace: unknown, parameter: string): boolean | undefined {
  if (typeof searchSpace !== 'object' || searchSpace === null) return undefined
  const space: unknown = (searchSpace as Record<string, unknown>)[parameter]
  return Array.isArray(space) && typeof space[0] === 'string' ? /log/i.test(space[0]) : undefined
}

export function toParallelRows({ trials, parameters }: Pick<TrialSummary, 'trials' | 'parameters'>): readonly ParallelRow[] {
  return trials.map((trial) => ({
    id: trial.jobName,
    label: `trial ${trial.number}`,
    look: lookOfTrial(trial),
    values: {
      ...Object.fromEntries(parameters.map((name) => [name, valueOf(trial, name)])),
      [objectiveId]: trial.objective ?? undefined,
    },
  }))
}

/** Trials in the order of a column: `number`, `status`, `objective` or the name of a parameter. Those without a value come last. */
export function sortTrials(trials: readonly Trial[], sort: Sort): readonly Trial[] {
  const keyOf = (trial: Trial): ScaleValue => {
    if (sort.column === 'number') return trial.number
    if (sort.column === 'status') return trial.status
    if (sort.column === 'objective') return trial.objective ?? undefined
    return valueOf(trial, sort.column.replace(/^parameter\./, ''))
  }
  const direction = sort.isDescending ? -1 : 1
  return trials.toSorted((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)]
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined)
    if (typeof left === 'number' && typeof right === 'number') return direction * (left - right)
    return direction * String(left).localeCompare(String(right), 'en', { numeric: true })
  })
}
