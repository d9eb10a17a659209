import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { DriverParts } from './driver-parts.ts'
import { LeaseLostError, type Attempt, type EndingStep, type StepChange, type StepEnd } from './engine-types.ts'
import { heldStates, type AttemptFault, type StepState } from './planner.ts'
import type { ExitRecord } from './types.ts'
import { writeStepBatch } from './step-batch.ts'

/** The transitions of an attempt: guarded, each with the status that clients see and its event. */

export interface EndOfStep extends StepEnd {
  readonly from: readonly StepState[]
}

/** @throws LeaseLostError somebody else moved the step */
export function advance(parts: DriverParts, attempt: Attempt, from: readonly StepState[], to: StepState): Promise<void> {
  return parts.ledger.write(attempt, { kind: 'move', from, to })
}

/** As {@link advance}, for what happens by itself while the attempt goes on. @throws LeaseLostError somebody else moved the step */
export function advanceSoon(parts: DriverParts, attempt: Attempt, from: readonly StepState[], to: StepState): Promise<void> {
  return parts.ledger.writeSoon(attempt, { kind: 'move', from, to })
}

/**
 * What people see of Launching, and what was decided there. Nobody waits for it: it is written before the next transition, which is
 * guarded, and to lose it is no reason to fail.
 */
export function notePhase(
  { ctx, ledger }: DriverParts,
  attempt: Attempt,
  note: Omit<Extract<StepChange, { kind: 'note' }>, 'kind'>,
): void {
  ledger
    .writeSoon(attempt, { kind: 'note', ...note })
    .catch((error: unknown) => ctx.log.debug({ err: error, attempt: attempt.token, note }, 'A phase of a step was not recorded'))
}

/** Ends a step, releases or skips what depends on it, and ends its run and credentials. @throws LeaseLostError */
export function endStep(parts: DriverParts, attempt: Attempt, end: EndOfStep): Promise<void> {
  const { from, ...rest } = end
  return parts.ledger.write(attempt, { kind: 'end', from, end: rest })
}

/** As {@link endStep}, inside a transaction of the caller. */
export async function endStepIn(tx: Executor, ctx: Context, step: EndingStep, end: EndOfStep): Promise<void> {
  const { from, ...rest } = end
  const [isMade] = await writeStepBatch(tx, ctx, [{ step, change: { kind: 'end', from, end: rest } }])
  if (isMade !== true) throw new LeaseLostError(step.token)
}

/** Puts a step back for another attempt after a fault of the host. @throws LeaseLostError */
export function retryStep(
  parts: DriverParts,
  attempt: Attempt,
  retry: { readonly delayMs: number; readonly reason: string; readonly fault: AttemptFault; readonly exit?: ExitRecord },
): Promise<void> {
  return parts.ledger.write(attempt, { kind: 'retry', from: heldStates, ...retry })
}
