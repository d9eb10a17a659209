import { samplePoint, trialLimit } from './sample.ts'
import type { Objective, Point, SweepSettings, TrialView } from './types.ts'

/** The sweep's decisions as a pure function of what is stored; the store applies them in the transaction that recorded the trials. */

/** After so many failed trials and not one that completed, the rest would fail as well. */
export const hopelessAfter = 10

export interface SweepState {
  readonly settings: SweepSettings
  readonly seed: string
  /** In order of their numbers, without gaps. */
  readonly trials: readonly TrialView[]
  readonly cancelRequested: boolean
  readonly overdue: boolean
}

export interface SweepPlan {
  readonly create: readonly { readonly number: number; readonly point: Point }[]
  /** All open trials are to be cancelled. */
  readonly stopAll: boolean
  readonly end?: { readonly outcome: 'Completed' | 'Failed' | 'Canceled'; readonly code?: string; readonly message?: string }
}

export function planSweep({ settings, seed, trials, cancelRequested, overdue }: SweepState): SweepPlan {
  const open = trials.filter((trial) => trial.status === undefined).length
  const completed = trials.some((trial) => trial.status === 'Completed')
  const failures = trials.filter((trial) => trial.status === 'Failed').length
  const hopeless = !completed && failures >= hopelessAfter
  const stopping = cancelRequested || overdue || hopeless
  if (stopping) {
    if (open > 0) return { create: [], stopAll: true }
    return { create: [], stopAll: false, end: forcedEnd({ cancelRequested, overdue, failures }) }
  }
  const room = Math.min(settings.maxConcurrentTrials - open, trialLimit(settings) - trials.length)
  if (room > 0) {
    const created: { number: number; point: Point }[] = []
    const known = [...trials]
    for (let number = trials.length; created.length < room; number += 1) {
      const point = samplePoint(settings, seed, number, known)
      created.push({ number, point })
      known.push({ number, point })
    }
    return { create: created, stopAll: false }
  }
  if (open > 0) return { create: [], stopAll: false }
  if (completed) return { create: [], stopAll: false, end: { outcome: 'Completed' } }
  const message = `None of the ${trials.length} trials completed; look at the log of the first one.`
  return { create: [], stopAll: false, end: { outcome: 'Failed', code: 'NoTrialCompleted', message } }
}

function forcedEnd(state: { cancelRequested: boolean; overdue: boolean; failures: number }): NonNullable<SweepPlan['end']> {
  if (state.cancelRequested) return { outcome: 'Canceled', code: 'Canceled', message: 'The sweep was cancelled.' }
  if (state.overdue) return { outcome: 'Canceled', code: 'TimedOut', message: 'The sweep reached its time limit.' }
  return {
    outcome: 'Failed',
    code: 'TrialsFailed',
    message: `The first ${state.failures} trials failed and none completed; the rest were not started. Look at the log of the first one.`,
  }
}

/** The completed trial with the best value; of equals the first. */
export function bestTrial<Trial extends TrialView>(objective: Objective, trials: readonly Trial[]): Trial | undefined {
  let best: Trial | undefined
  for (const trial of trials) {
    if (trial.status !== 'Completed' || trial.objective === undefined) continue
    const better =
      objective.goal === 'maximize'
        ? trial.objective > (best?.objective ?? -Infinity)
        : trial.objective < (best?.objective ?? Infinity)
    if (best === undefined || better) best = trial
  }
  return best
}
