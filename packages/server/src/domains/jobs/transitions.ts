import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { revokeBoundCredentials } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { endJobRun, setJobRunStatus } from '../tracking/index.ts'
import { LeaseLostError, type Attempt, type EngineParts } from './engine-types.ts'
import { setJobStatus, setJobStatuses } from './job-status.ts'
import { findJob } from './job-store.ts'
import { apiStatusOf, planFailure, planRelease, succeeded, type StepOutcome, type StepState } from './planner.ts'
import { registerOutputs } from './register-outputs.ts'
import {
  applyReleases,
  endIdleSteps,
  lockOpenSteps,
  lockTargets,
  moveStep,
  recordEvent,
  requestStepCancel,
} from './step-store.ts'
import type { ExitRecord, StepError, StepOutputs } from './types.ts'

/** The transitions of an attempt: each one transaction, guarded, with the status that clients see and its event. */

/** @throws LeaseLostError somebody else moved the step */
export async function advance(parts: EngineParts, attempt: Attempt, from: readonly StepState[], to: StepState): Promise<void> {
  const { ctx } = parts
  await ctx.db.transaction(async (tx) => {
    if (!(await moveStep(tx, attempt.step, { from, to }))) throw new LeaseLostError(attempt.token)
    await setJobStatus(tx, ctx, attempt.resourceId, { status: apiStatusOf(to, null) })
    if (to === 'Active') {
      await setJobRunStatus(tx, ctx, {
        workspaceId: attempt.workspaceId,
        runId: attempt.jobName,
        status: 'RUNNING',
        startTimeMs: ctx.clock.now().getTime(),
      })
    }
  })
}

/** A part of Launching that people see: environment, inputs. */
export async function notePhase(parts: EngineParts, attempt: Attempt, phase: string, status?: string): Promise<void> {
  const { ctx } = parts
  await ctx.db.transaction(async (tx) => {
    await recordEvent(tx, { jobId: attempt.step.job_id, stepId: attempt.step.id, attempt: attempt.step.attempt, to: phase })
    if (status !== undefined) await setJobStatus(tx, ctx, attempt.resourceId, { status })
  })
}

export interface StepEnd {
  readonly from: readonly StepState[]
  readonly outcome: StepOutcome
  readonly outputs?: StepOutputs
  readonly error?: StepError
  readonly exit?: ExitRecord
  /** Members for the job's `properties.properties`. */
  readonly properties?: Readonly<Record<string, string>>
}

/** What ending a step needs to know of it. */
export type EndingStep = Pick<Attempt, 'step' | 'token' | 'resourceId' | 'workspaceId' | 'jobName' | 'submitter'>

/** Ends a step, releases or skips what depends on it, and ends its run and credentials. @throws LeaseLostError */
export async function endStep({ ctx }: EngineParts, attempt: EndingStep, end: StepEnd): Promise<void> {
  await ctx.db.transaction((tx) => endStepIn(tx, ctx, attempt, end))
}

/** As {@link endStep}, inside a transaction of the caller. */
export async function endStepIn(tx: Executor, ctx: Context, attempt: EndingStep, end: StepEnd): Promise<void> {
  const { step } = attempt
  const fenced = await moveStep(tx, step, { from: end.from, to: 'Done', outcome: end.outcome })
  if (!fenced) throw new LeaseLostError(attempt.token)
  await tx
    .updateTable('steps')
    .set({ outputs: JSON.stringify(end.outputs ?? {}), error: end.error === undefined ? null : JSON.stringify(end.error) })
    .where('id', '=', step.id)
    .execute()
  await tx
    .updateTable('attempts')
    .set({ ended_at: sql`now()`, ...(end.exit === undefined ? {} : { exit: JSON.stringify(end.exit) }) })
    .where('step_id', '=', step.id)
    .where('attempt', '=', step.attempt)
    .execute()
  if (succeeded(end.outcome)) await applyReleases(tx, planRelease(await lockTargets(tx, step.id)))
  else await spreadFailure(tx, attempt)
  await setJobStatus(tx, ctx, attempt.resourceId, {
    status: apiStatusOf('Done', end.outcome),
    endTime: ctx.clock.now().toISOString(),
    outputs: end.outputs ?? {},
    ...(end.error === undefined ? {} : { error: end.error }),
    properties: { ...end.properties, ...(end.error === undefined ? {} : { error: JSON.stringify(end.error) }) },
  })
  await revokeBoundCredentials(tx, ctx.clock, attempt.resourceId)
  if (end.outcome === 'Completed') await registerOutputs(tx, ctx, attempt, end.outputs ?? {})
  const status = succeeded(end.outcome) ? 'FINISHED' : end.outcome === 'Failed' ? 'FAILED' : 'KILLED'
  await endJobRun(tx, ctx, { workspaceId: attempt.workspaceId, runId: attempt.jobName, status })
  await sql`select pg_notify('steps', '')`.execute(tx)
}

async function spreadFailure(tx: Executor, attempt: EndingStep): Promise<void> {
  const job = await findJob(tx, attempt.step.job_id, { forUpdate: true })
  if (job === undefined) return
  const open = await lockOpenSteps(tx, job.id, attempt.step.id)
  const plan = planFailure({ continueOnStepFailure: job.continue_on_step_failure && job.cancel_requested_at === null, ...open })
  const skipped = await endIdleSteps(tx, plan.skip, 'Skipped')
  await setJobStatuses(tx, skipped, {
    status: 'Canceled',
    properties: { 'fulcrum.skipped': 'A step before it did not complete.' },
  })
  await requestStepCancel(tx, plan.cancel)
}

/** Puts a step back for another attempt after a fault of the host. @throws LeaseLostError */
export async function retryStep(
  parts: EngineParts,
  attempt: Attempt,
  retry: { readonly delayMs: number; readonly reason: string; readonly counts: boolean },
): Promise<void> {
  const { ctx } = parts
  await ctx.db.transaction(async (tx) => {
    const moved = await moveStep(tx, attempt.step, {
      from: ['Launching', 'Submitted', 'Active', 'Publishing'],
      to: 'Ready',
      data: { reason: retry.reason },
    })
    if (!moved) throw new LeaseLostError(attempt.token)
    await tx
      .updateTable('steps')
      .set({
        not_before: sql`now() + make_interval(secs => ${retry.delayMs / 1000})`,
        infrastructure_failures: sql`infrastructure_failures + ${retry.counts ? 1 : 0}`,
      })
      .where('id', '=', attempt.step.id)
      .execute()
    await tx
      .updateTable('attempts')
      .set({ ended_at: sql`now()` })
      .where('step_id', '=', attempt.step.id)
      .where('attempt', '=', attempt.step.attempt)
      .execute()
    await setJobStatus(tx, ctx, attempt.resourceId, { status: 'NotStarted' })
    await revokeBoundCredentials(tx, ctx.clock, attempt.resourceId)
  })
}
