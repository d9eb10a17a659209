import { isAppError } from '@fulcrum/contract'
import { DatabaseUnavailableError } from '../../kernel/db/database-errors.ts'
import { prepareAttempt, prepareEnvironment, makeDirectory, stopIfOver } from './prepare-attempt.ts'
import { readExit, specFile } from './attempt-files.ts'
import type { DriverParts } from './driver-parts.ts'
import { CancelledError, LeaseLostError, type Attempt } from './engine-types.ts'
import { likelyReason } from './likely-reason.ts'
import { heldStates, planAttemptEnd, planInfrastructureFailure, type AttemptEnd, type StepState } from './planner.ts'
import { publishArtifacts, publishOutputs } from './publish-attempt.ts'
import { resolveInputs } from './resolve-inputs.ts'
import { decideReuse } from './reuse.ts'
import { expireStep } from './step-store.ts'
import { advance, advanceSoon, endStep, notePhase, retryStep } from './transitions.ts'
import type { ExitRecord, StepError } from './types.ts'

/** Brings one attempt from wherever it is to its end; a restarted engine calls it for what it finds. Never throws. */
export async function driveStep(parts: DriverParts, attempt: Attempt): Promise<void> {
  const { ctx } = parts
  try {
    await drive(parts, attempt)
  } catch (error) {
    if (error instanceof LeaseLostError || attempt.lost.aborted) return
    if (error instanceof DatabaseUnavailableError) return leaveForLater(parts, attempt)
    await settleError(parts, attempt, error).catch((failure: unknown) => {
      if (!(failure instanceof LeaseLostError))
        ctx.log.warn(
          { err: failure, attempt: attempt.token },
          'A step could not be settled; its lease will run out and another engine will try',
        )
    })
  }
}

/** The attempt goes on without the database; once that is back, whoever adopts the step finds it where it is. Nothing runs again for it. */
async function leaveForLater({ ctx }: DriverParts, attempt: Attempt): Promise<void> {
  await ctx.db
    .waitUntilReady({ timeoutMs: 60_000 })
    .then(() => expireStep(ctx.db.kysely, attempt.step))
    .catch(() => undefined)
}

async function drive(parts: DriverParts, attempt: Attempt): Promise<void> {
  const { state } = attempt.step
  if (state === 'Launching' && !(await launch(parts, attempt))) return
  const exit = state === 'Publishing' ? await readExit(attempt.directory, attempt.token) : await follow(parts, attempt)
  if (exit === undefined) await parts.processes.reap(attempt)
  if (state !== 'Publishing') await advance(parts, attempt, ['Submitted', 'Active'], 'Publishing')
  await conclude(parts, attempt, exit)
}

/** What the process goes through is written while it runs, without waiting for it; trouble with that ends the watch. */
async function follow(parts: DriverParts, attempt: Attempt): Promise<ExitRecord | undefined> {
  const broken = new AbortController()
  let trouble: unknown
  const note = (from: StepState, to: StepState): void =>
    void advanceSoon(parts, attempt, [from], to).catch((error: unknown) => {
      trouble ??= error
      broken.abort()
    })
  if (attempt.step.state === 'Launching') note('Launching', 'Submitted')
  const watched = { ...attempt, lost: AbortSignal.any([attempt.lost, broken.signal]) }
  const exit = await parts.processes
    .observe(watched, () => note('Submitted', 'Active'))
    .catch((error: unknown) => {
      throw trouble ?? error
    })
  if (trouble !== undefined) throw trouble
  return exit
}

/** @returns false when the step ended without a process: reused, cancelled, or impossible here */
async function launch(parts: DriverParts, attempt: Attempt): Promise<boolean> {
  const { spec } = attempt.step
  if (spec.unsupported !== undefined) {
    await endStep(parts, attempt, {
      from: ['Launching'],
      outcome: 'Failed',
      error: { code: 'NotSupported', message: spec.unsupported },
    })
    return false
  }
  // The spec is written last: without it nothing has been started under this attempt.
  if (!(await attempt.directory.exists(specFile))) {
    if (await prepare(parts, attempt)) return false
  }
  stopIfOver(attempt)
  await parts.processes.start(attempt)
  return true
}

/** @returns true when an earlier result was taken over */
async function prepare(parts: DriverParts, attempt: Attempt): Promise<boolean> {
  stopIfOver(attempt)
  await makeDirectory(parts, attempt)
  notePhase(parts, attempt, { to: 'Environment', status: 'Preparing' })
  const environment = await prepareEnvironment(parts, attempt)
  stopIfOver(attempt)
  const inputs = await resolveInputs(parts, attempt)
  const source = attempt.step.spec.mayReuse
    ? await decideReuse(parts, attempt, { lockHash: environment?.lockHash, inputs })
    : undefined
  if (source !== undefined) {
    const properties = { 'azureml.isreused': 'true', 'azureml.reusedrunid': source.jobName }
    await endStep(parts, attempt, { from: ['Launching'], outcome: 'Reused', outputs: source.outputs, properties })
    return true
  }
  if (!attempt.step.spec.mayReuse) notePhase(parts, attempt, { to: 'Inputs' })
  await prepareAttempt(parts, attempt, { environment, inputs })
  return false
}

async function conclude(parts: DriverParts, attempt: Attempt, exit: ExitRecord | undefined): Promise<void> {
  const end = planAttemptEnd({
    reason: exit?.reason ?? 'lost',
    cancelRequested: attempt.cancelled.aborted,
    infrastructureFailures: attempt.step.infrastructure_failures,
    programFailures: attempt.step.user_failures,
    maxRetries: attempt.step.spec.maxRetries ?? 0,
  })
  await publishArtifacts(parts, attempt)
  const recorded = exit === undefined ? {} : { exit }
  if (end.kind === 'publish') {
    const outputs = await publishOutputs(parts, attempt)
    await endStep(parts, attempt, { from: ['Publishing'], outcome: 'Completed', outputs, ...recorded })
  } else if (end.kind === 'retry') {
    await retryStep(parts, attempt, {
      delayMs: end.delayMs,
      reason: exit?.message ?? 'The wrapper of the job vanished without a record.',
      fault: end.fault,
      ...recorded,
    })
  } else {
    await endStep(parts, attempt, { from: ['Publishing'], outcome: end.outcome, error: errorOf(attempt, end, exit), ...recorded })
  }
}

function errorOf(attempt: Attempt, end: Extract<AttemptEnd, { kind: 'done' }>, exit: ExitRecord | undefined): StepError {
  const lines = exit?.lastLogLines ?? []
  const error: StepError = {
    code: end.code,
    message:
      exit?.message ??
      (end.outcome === 'Canceled'
        ? 'The job was cancelled.'
        : `The wrapper of the job vanished without a record, for the fourth time.`),
    ...(typeof exit?.exitCode === 'number' ? { exitCode: exit.exitCode } : {}),
    ...(lines.length === 0 ? {} : { lastLogLines: lines }),
  }
  const reason = end.outcome === 'Failed' ? likelyReason(error, attempt.step.spec.environmentId) : undefined
  return reason === undefined ? error : { ...error, likelyReason: reason }
}

/** What an exception before or after the process means: cancelled, the user's mistake, or a fault of the host to be tried again. */
async function settleError(parts: DriverParts, attempt: Attempt, error: unknown): Promise<void> {
  const { ctx } = parts
  if (error instanceof CancelledError) {
    await endStep(parts, attempt, {
      from: heldStates,
      outcome: 'Canceled',
      error: { code: 'Canceled', message: 'The job was cancelled before it started.' },
    })
    return
  }
  if (isAppError(error) && error.status < 500) {
    await publishArtifacts(parts, attempt)
    await endStep(parts, attempt, { from: heldStates, outcome: 'Failed', error: { code: error.code, message: error.message } })
    return
  }
  const message = error instanceof Error ? error.message : String(error)
  ctx.log.warn({ err: error, attempt: attempt.token }, 'An attempt failed for a reason of the host')
  const next = planInfrastructureFailure(attempt.step.infrastructure_failures)
  if (next.kind === 'retry') await retryStep(parts, attempt, { delayMs: next.delayMs, reason: message, fault: next.fault })
  else await endStep(parts, attempt, { from: heldStates, outcome: 'Failed', error: { code: 'InfrastructureError', message } })
}
