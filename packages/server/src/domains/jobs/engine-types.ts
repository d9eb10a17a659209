import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { WorkDirectory } from '../../kernel/processes/index.ts'
import type { StepRow } from './step-store.ts'

export interface EngineParts {
  readonly ctx: Context
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
