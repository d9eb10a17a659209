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
}

export interface Sampling {
  readonly kind: 'random' | 'grid' | 'bayesian'
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

export interface SweepSettings {
  readonly parameters: readonly SearchParameter[]
  readonly sampling: Sampling
  readonly objective: Objective
  readonly maxTotalTrials: number
  readonly maxConcurrentTrials: number
  readonly timeoutMs: number
  readonly trialTimeoutMs?: number
  readonly earlyTermination?: EarlyTermination
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
}
