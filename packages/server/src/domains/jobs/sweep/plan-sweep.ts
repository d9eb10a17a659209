import { samplePoint, trialLimit } from './sample.ts'
import type { FinalRole, Objective, Point, SweepSettings, TrialView } from './types.ts'

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

export interface PlannedTrial {
  readonly number: number
  readonly point: Point
  readonly role?: FinalRole
}

export interface SweepPlan {
  readonly create: readonly PlannedTrial[]
  /** All open trials are to be cancelled. */
  readonly stopAll: boolean
  readonly end?: { readonly outcome: 'Completed' | 'Failed' | 'Canceled'; readonly code?: string; readonly message?: string }
  /** Why the search ended before its limit of trials. */
  readonly stopReason?: StopReason
}

export type StopReason = 'ExitScore' | 'NoProgress' | 'Timeout'

export function planSweep(state: SweepState): SweepPlan {
  const { settings, seed, trials } = state
  const searched = trials.filter((trial) => trial.role === undefined)
  const open = trials.filter((trial) => trial.status === undefined)
  const completed = searched.some((trial) => trial.status === 'Completed')
  const forced = forcedPlan(state, { open: open.length, completed, searched })
  if (forced !== undefined) return forced
  const reached = reachedEnd(settings, searched)
  const stopReason = reached === undefined ? {} : { stopReason: reached }
  const room = Math.min(settings.maxConcurrentTrials - open.length, trialLimit(settings) - searched.length)
  const searching = trials.length === searched.length && reached === undefined
  if (searching && room > 0) return { create: nextPoints(settings, seed, trials, room), stopAll: false }
  if (open.length > 0) {
    const stopSearch = reached !== undefined && open.some((trial) => trial.role === undefined)
    return { create: [], stopAll: stopSearch, ...stopReason }
  }
  const role = nextFinal(settings, trials, reached)
  if (role !== undefined) return { create: [{ number: trials.length, point: [], role }], stopAll: false, ...stopReason }
  if (completed) return { create: [], stopAll: false, end: { outcome: 'Completed' }, ...stopReason }
  const message = `None of the ${trials.length} trials completed; look at the log of the first one.`
  return { create: [], stopAll: false, end: { outcome: 'Failed', code: 'NoTrialCompleted', message } }
}

/** A cancel, the time limit, or nothing but failures: open trials first, then the end. */
function forcedPlan(
  { settings, cancelRequested, overdue }: SweepState,
  { open, completed, searched }: { open: number; completed: boolean; searched: readonly TrialView[] },
): SweepPlan | undefined {
  const failures = searched.filter((trial) => trial.status === 'Failed').length
  const hopeless = !completed && failures >= (settings.giveUpAfter ?? hopelessAfter)
  if (!cancelRequested && !overdue && !hopeless) return undefined
  if (open > 0) return { create: [], stopAll: true }
  if (overdue && !cancelRequested && completed && settings.keepAtTimeout === true)
    return { create: [], stopAll: false, end: { outcome: 'Completed' }, stopReason: 'Timeout' }
  return { create: [], stopAll: false, end: forcedEnd({ cancelRequested, overdue, failures }) }
}

function nextPoints(settings: SweepSettings, seed: string, trials: readonly TrialView[], room: number): PlannedTrial[] {
  const created: PlannedTrial[] = []
  const known = [...trials]
  for (let number = trials.length; created.length < room; number += 1) {
    const point = samplePoint(settings, seed, number, known)
    created.push({ number, point })
    known.push({ number, point })
  }
  return created
}

/** Whether the search has what it wants, or gets no further. */
function reachedEnd({ objective, exitScore, patience }: SweepSettings, searched: readonly TrialView[]): StopReason | undefined {
  const sign = objective.goal === 'maximize' ? 1 : -1
  const best = bestTrial(objective, searched)?.objective
  if (exitScore !== undefined && best !== undefined && sign * best >= sign * exitScore) return 'ExitScore'
  if (patience === undefined) return undefined
  const ended = searched.filter((trial) => trial.status !== undefined && trial.status !== 'Canceled')
  if (ended.length < patience.after + patience.trials) return undefined
  const earlier = bestTrial(objective, ended.slice(0, -patience.trials))?.objective
  return earlier !== undefined && best !== undefined && sign * best <= sign * earlier ? 'NoProgress' : undefined
}

/** An ensemble needs two models, and none is wanted once a single one is good enough; nothing is explained without a model. */
function nextFinal(
  settings: SweepSettings,
  trials: readonly TrialView[],
  reached: StopReason | undefined,
): FinalRole | undefined {
  const scored = trials.filter((trial) => trial.status === 'Completed' && trial.objective !== undefined).length
  const needed = (role: FinalRole): boolean => (role === 'ensemble' ? scored >= 2 && reached !== 'ExitScore' : scored >= 1)
  return settings.finals?.find((role) => !trials.some((trial) => trial.role === role) && needed(role))
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
