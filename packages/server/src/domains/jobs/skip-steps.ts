import type { Executor } from '../../kernel/db/schema.ts'
import { setJobStatuses } from './job-status.ts'
import { endIdleSteps } from './step-store.ts'

/** Ends steps that will not run, with the reason where people look for it. */
export async function skipSteps(tx: Executor, ids: readonly number[], reason: string): Promise<void> {
  const skipped = await endIdleSteps(tx, ids, 'Skipped', reason)
  await setJobStatuses(tx, skipped, { status: 'Canceled', properties: { 'fulcrum.skipped': reason } })
}
