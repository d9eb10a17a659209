import type { Series } from '../../charts/prepare-lines.ts'
import type { JobNode, Trial } from './steps.ts'

/** A sweep's trials as its page shows them. */
export interface TrialSummary {
  readonly metric: string
  readonly goal: string
  readonly trials: readonly Trial[]
  readonly best: Trial | undefined
  readonly ended: number
  /** What each trial reached, and the best so far, by the number of the trial. */
  readonly series: readonly Series[]
}

export function summariseTrials(node: JobNode): TrialSummary {
  const { metric = 'objective', goal = 'maximize' } = node.objective ?? {}
  const trials = node.trials ?? []
  const isBetter = (one: number, other: number): boolean => (goal === 'minimize' ? one < other : one > other)
  const reached: { x: number; y: number }[] = []
  const bestSoFar: { x: number; y: number }[] = []
  let best: Trial | undefined
  for (const trial of trials) {
    if (trial.objective === null) continue
    reached.push({ x: trial.number, y: trial.objective })
    if (trial.status !== 'Completed') continue
    if (best?.objective === undefined || best.objective === null || isBetter(trial.objective, best.objective)) best = trial
    bestSoFar.push({ x: trial.number, y: best.objective ?? trial.objective })
  }
  return {
    metric,
    goal,
    trials,
    best,
    ended: trials.filter((trial) => endedStatuses.has(trial.status)).length,
    series: [
      { id: 'reached', label: metric, points: reached },
      { id: 'best', label: 'best so far', points: bestSoFar },
    ],
  }
}

const endedStatuses = new Set(['Completed', 'Failed', 'Canceled'])

/** A parameter's value in a cell: numbers short, the rest as it is. */
export function printParameter(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(5)))
  return typeof value === 'string' ? value : JSON.stringify(value)
}
