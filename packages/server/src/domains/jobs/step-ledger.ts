import type { Context } from '../../context.ts'
import { Batcher } from './batcher.ts'
import { LeaseLostError, type EndingStep, type StepChange } from './engine-types.ts'
import type { ChangeOf } from './plan-step-batch.ts'
import { writeStepBatch } from './step-batch.ts'

/** Writes the transitions of all attempts that one engine drives, those that come together in one transaction. */
export class StepLedger {
  readonly #batches: Batcher<ChangeOf, boolean>

  constructor(ctx: Context) {
    this.#batches = new Batcher((changes) => ctx.db.transaction((tx) => writeStepBatch(tx, ctx, changes)))
  }

  /** @throws LeaseLostError somebody else moved the step */
  async write(step: EndingStep, change: StepChange): Promise<void> {
    if (!(await this.#batches.add({ step, change }))) throw new LeaseLostError(step.token)
  }

  /** As {@link write}, for what the attempt does not wait for: it is written with the next change that somebody waits for, or soon. */
  async writeSoon(step: EndingStep, change: StepChange): Promise<void> {
    if (!(await this.#batches.addUnhurried({ step, change }))) throw new LeaseLostError(step.token)
  }
}
