import type { Context } from '../../context.ts'
import { revokeBoundCredentials } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { setJobStatuses } from './job-status.ts'
import { endIdleSteps } from './step-store.ts'

/** Ends steps that will not run, with the reason where people look for it. */
export async function skipSteps(
  tx: Executor,
  { clock }: Pick<Context, 'clock'>,
  ids: readonly number[],
  reason: string,
): Promise<void> {
  const skipped = await endIdleSteps(tx, ids, 'Skipped', reason)
  // Their submitter may have asked for tokens while they waited.
  if (skipped.length > 0) await revokeBoundCredentials(tx, clock, skipped)
  await setJobStatuses(tx, skipped, { status: 'Canceled', properties: { 'fulcrum.skipped': reason } })
}
