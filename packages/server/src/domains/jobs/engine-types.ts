import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { WorkDirectory } from '../../kernel/processes/index.ts'
import type { StepRow } from './step-store.ts'
import type { AttemptFault, StepOutcome, StepState } from './planner.ts'
import type { KeyFields, ReuseDecision } from './reuse-key.ts'
import type { ExitRecord, StepError, StepOutputs } from './types.ts'

export interface EngineParts {
  readonly ctx: Context
}

/**
 * The border between the engine and the processes of attempts: everything before it (claims, inputs, spec) and after it (outputs,
 * transitions) is the engine's. `bench/engine` measures the engine with processes that end at once.
 */
export interface StepProcesses {
  /** Starts the process of an attempt whose spec is written; harmless when it runs or ran already. */
  start(attempt: Attempt): Promise<void>
  /**
   * Follows an attempt to its end, whoever started it, and calls `onActive` once its program runs.
   * @returns its exit record, or `undefined` when the process vanished without one
   * @throws LeaseLostError
   */
  observe(attempt: Attempt, onActive: () => void): Promise<ExitRecord | undefined>
  /** Kills what a vanished process left behind. */
  reap(attempt: Attempt): Promise<void>
}

/** One attempt as its driver sees it. */
export interface Attempt {
  readonly step: StepRow
  readonly token: string
  readonly directory: WorkDirectory
  readonly workspaceId: string
  /** Id of the job resource that the step is, as stored (lower case). */
  readonly resourceId: string
  readonly jobName: string
  readonly submitter: Actor
  readonly forceRerun: boolean
  /** Aborted when the lease is lost: somebody else owns the step now. */
  readonly lost: AbortSignal
  /** Aborted when the job is to be cancelled. */
  readonly cancelled: AbortSignal
}

/** The driver no longer owns its step and must stop without a trace. */
export class LeaseLostError extends Error {}

/** The job was cancelled before its process started. */
export class CancelledError extends Error {}

export interface StepEnd {
  readonly outcome: StepOutcome
  readonly outputs?: StepOutputs
  readonly error?: StepError
  readonly exit?: ExitRecord
  /** What the event of the end says, for the activity log. */
  readonly reason?: string
  /** Members for the job's `properties.properties`. */
  readonly properties?: Readonly<Record<string, string>>
}

/** What ending a step needs to know of it. */
export type EndingStep = Pick<Attempt, 'step' | 'token' | 'resourceId' | 'workspaceId' | 'jobName' | 'submitter'>

/** What the owner of an attempt wants written about it. */
export type StepChange =
  | {
      /** A part of Launching that people see, or what was decided there. */
      readonly kind: 'note'
      readonly to: string
      readonly status?: string
      readonly reuse?: { readonly key: string | null; readonly fields: KeyFields; readonly decision: ReuseDecision }
    }
  | { readonly kind: 'move'; readonly from: readonly StepState[]; readonly to: StepState }
  | {
      /** Back for another attempt. */
      readonly kind: 'retry'
      readonly from: readonly StepState[]
      readonly delayMs: number
      readonly reason: string
      readonly fault: AttemptFault
      readonly exit?: ExitRecord
    }
  | { readonly kind: 'end'; readonly from: readonly StepState[]; readonly end: StepEnd }
