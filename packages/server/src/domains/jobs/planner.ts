/**
 * The engine's decisions as pure functions of what they are told: no database, no clock. The store locks and loads what a decision
 * needs, applies what it says, and loses against whoever changed the step first (attempt and state guard every change).
 */

export const stepStates = ['Waiting', 'Ready', 'Launching', 'Submitted', 'Active', 'Publishing', 'Done'] as const
export type StepState = (typeof stepStates)[number]
export type StepOutcome = 'Completed' | 'Failed' | 'Canceled' | 'Reused' | 'Skipped'

/** States in which an engine holds the step by a lease. */
export const heldStates = ['Launching', 'Submitted', 'Active', 'Publishing'] as const satisfies readonly StepState[]

export interface StepView {
  readonly id: number
  readonly state: StepState
}

export interface ReleaseTarget extends StepView {
  /** Sources that were not done before. */
  readonly remaining: number
  /** How many of its sources have just succeeded. */
  readonly finishedSources: number
}

export interface Release {
  readonly id: number
  readonly remaining: number
  readonly state: StepState
}

export function succeeded(outcome: StepOutcome): boolean {
  return outcome === 'Completed' || outcome === 'Reused'
}

/** After steps succeeded: their targets come nearer, and start when nothing is open before them. */
export function planRelease(targets: readonly ReleaseTarget[]): Release[] {
  return targets.map(({ id, state, remaining, finishedSources }) => {
    const left = remaining - finishedSources
    return { id, remaining: left, state: left === 0 && state === 'Waiting' ? 'Ready' : state }
  })
}

/**
 * After a step failed: what depends on it can never run. Without `continueOnStepFailure` nothing else starts either and what runs is
 * cancelled.
 */
export function planFailure(failure: {
  readonly continueOnStepFailure: boolean
  readonly descendants: readonly StepView[]
  readonly others: readonly StepView[]
}): { skip: number[]; cancel: number[] } {
  const idle = (step: StepView): boolean => step.state === 'Waiting' || step.state === 'Ready'
  const skip = new Set(failure.descendants.filter(idle).map((step) => step.id))
  if (failure.continueOnStepFailure) return { skip: [...skip], cancel: [] }
  for (const step of failure.others) if (idle(step)) skip.add(step.id)
  const active = [...failure.descendants, ...failure.others].filter((step) => !idle(step) && step.state !== 'Done')
  return { skip: [...skip], cancel: [...new Set(active.map((step) => step.id))] }
}

/** How a job ends once no step is open; `undefined` while one is. */
export function planJobEnd(steps: {
  readonly open: number
  readonly outcomes: Readonly<Partial<Record<StepOutcome, number>>>
  readonly cancelRequested: boolean
}): 'Completed' | 'Failed' | 'Canceled' | undefined {
  if (steps.open > 0) return undefined
  // Steps are skipped after a failure, which counts by itself, or because a condition chose others.
  const { Failed = 0, Canceled = 0 } = steps.outcomes
  if (Failed === 0 && Canceled === 0) return 'Completed'
  if (steps.cancelRequested) return 'Canceled'
  return 'Failed'
}

export const infrastructureRetries = 3
const backoffMs = 10_000

/** Whose fault the end of an attempt was: each has its own number of retries. */
export type AttemptFault = 'host' | 'program'

/** Backoff of retries that the job asks for: the program may wait for something that comes. */
const programBackoffMs = 1000
const longestProgramBackoffMs = 60_000

export type AttemptEnd =
  | { readonly kind: 'publish' }
  | { readonly kind: 'done'; readonly outcome: 'Failed' | 'Canceled'; readonly code: string }
  | { readonly kind: 'retry'; readonly fault: AttemptFault; readonly delayMs: number }

/** Faults of the host rather than of the user's program; `killed` is a SIGKILL that neither the platform nor the kernel sent. */
const hostFaults = new Set(['lost', 'internal', 'killed'])

/** What follows from the end of an attempt. `reason` is the wrapper's, or `lost` when it vanished without a record. */
export function planAttemptEnd(end: {
  readonly reason: string
  readonly cancelRequested: boolean
  readonly infrastructureFailures: number
  /** How often the program had failed before. */
  readonly programFailures: number
  /** `limits.max_retries` of the step. */
  readonly maxRetries: number
}): AttemptEnd {
  if (end.reason === 'completed') return { kind: 'publish' }
  if (end.cancelRequested) return { kind: 'done', outcome: 'Canceled', code: 'Canceled' }
  if (end.reason === 'timeout') return { kind: 'done', outcome: 'Canceled', code: 'TimedOut' }
  // A wrapper that was told to stop by nobody of ours (shut-down of the host) did not fail by the user's fault.
  if (hostFaults.has(end.reason) || end.reason === 'canceled') return planInfrastructureFailure(end.infrastructureFailures)
  if (end.programFailures < end.maxRetries) {
    const delayMs = Math.min(longestProgramBackoffMs, programBackoffMs * 2 ** end.programFailures)
    return { kind: 'retry', fault: 'program', delayMs }
  }
  return { kind: 'done', outcome: 'Failed', code: end.reason === 'out-of-memory' ? 'OutOfMemory' : 'UserError' }
}

/** @param failures how often this step had failed for reasons of the host before */
export function planInfrastructureFailure(failures: number): AttemptEnd {
  if (failures >= infrastructureRetries) return { kind: 'done', outcome: 'Failed', code: 'InfrastructureError' }
  return { kind: 'retry', fault: 'host', delayMs: backoffMs * 2 ** failures }
}

/** Azure's status of a job for the state of its step. */
export function apiStatusOf(state: StepState, outcome: StepOutcome | null): string {
  switch (state) {
    case 'Waiting':
    case 'Ready':
      return 'NotStarted'
    case 'Launching':
      return 'Starting'
    case 'Submitted':
      return 'Queued'
    case 'Active':
      return 'Running'
    case 'Publishing':
      return 'Finalizing'
    case 'Done':
      if (outcome === 'Reused') return 'Completed'
      return outcome === 'Skipped' || outcome === null ? 'Canceled' : outcome
  }
}

export const terminalStatuses: readonly string[] = ['Completed', 'Failed', 'Canceled']
