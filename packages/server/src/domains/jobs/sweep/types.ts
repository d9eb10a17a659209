/** A sweep as planned: fixed at submission, in the step's spec. */

export type ParameterValue = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>

export type Distribution =
  | { readonly kind: 'choice'; readonly values: readonly ParameterValue[] }
  /** Integers from 0 to `upper`, `upper` itself excluded. */
  | { readonly kind: 'randint'; readonly upper: number }
  /** Between `min` and `max`; `log`: exp of such a draw; `q`: rounded to a multiple of it. */
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number; readonly log: boolean; readonly q?: number }
  | { readonly kind: 'normal'; readonly mu: number; readonly sigma: number; readonly log: boolean; readonly q?: number }

export interface SearchParameter {
  readonly name: string
  readonly distribution: Distribution
  /** Only together with these values of the parameter `algorithm`; others may then carry the same name. */
  readonly algorithms?: readonly string[]
}

export interface Sampling {
  /** `portfolio`: the settings' starts first, then the best algorithms' own parameters ({@link portfolioPoint}). */
  readonly kind: 'random' | 'grid' | 'bayesian' | 'portfolio'
  readonly seed?: number
  readonly sobol: boolean
}

export interface Objective {
  readonly goal: 'maximize' | 'minimize'
  readonly metric: string
}

interface PolicyTiming {
  /** Logged values between two looks; at least 1. */
  readonly evaluationInterval: number
  /** No look before so many values are logged. */
  readonly delayEvaluation: number
}
export type EarlyTermination = PolicyTiming &
  (
    | { readonly kind: 'bandit'; readonly slackFactor?: number; readonly slackAmount?: number }
    | { readonly kind: 'medianStopping' }
    | { readonly kind: 'truncationSelection'; readonly percentage: number; readonly excludeFinishedJobs: boolean }
  )

/** What is made once when the search has ended: a model of the best ones, and what the best one goes by. */
export type FinalRole = 'ensemble' | 'explain'

export interface SweepSettings {
  readonly parameters: readonly SearchParameter[]
  readonly sampling: Sampling
  readonly objective: Objective
  readonly maxTotalTrials: number
  readonly maxConcurrentTrials: number
  readonly timeoutMs: number
  readonly trialTimeoutMs?: number
  readonly earlyTermination?: EarlyTermination
  /** Of sampling `portfolio`: parameters that are tried first, one set each. */
  readonly starts?: readonly Readonly<Record<string, ParameterValue>>[]
  /** The search ends when a trial reaches it. */
  readonly exitScore?: number
  /** The search ends when the last `trials` brought nothing better, not before `after` of them have ended. */
  readonly patience?: { readonly after: number; readonly trials: number }
  /** So many failed trials without a completed one end it; 10 when absent. */
  readonly giveUpAfter?: number
  /** In the order in which they are made. They do not count as trials of the search. */
  readonly finals?: readonly FinalRole[]
  /** At the time limit the best trial so far is the result, as in AutoML; a sweep is cancelled. */
  readonly keepAtTimeout?: boolean
}

/** A place in the search space: one number in [0, 1) for each parameter, in their order. */
export type Point = readonly number[]

export type TrialStatus = 'Completed' | 'Failed' | 'Canceled'

/** What the planner knows of a trial. */
export interface TrialView {
  readonly number: number
  readonly point: Point
  /** Absent while it runs or waits. */
  readonly status?: TrialStatus
  /** The best value of the primary metric that it logged. */
  readonly objective?: number
  /** Absent for trials of the search. */
  readonly role?: FinalRole
}
