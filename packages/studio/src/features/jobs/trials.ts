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
