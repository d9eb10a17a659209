import { isAppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Loop } from '../../../domain.ts'
import { finishJob } from '../finish-job.ts'
import { failSweep, startSweep, steerSweep } from './steer-sweep.ts'
import { listDueSweeps, listReadySweeps, listWatchedSweeps } from './sweep-store.ts'

/** How often an early termination policy looks at the metrics of running trials. */
const policyEveryMs = 1_000

/** The part of every engine that starts and steers sweeps. Any number may run: each decision takes the sweep's row. */
export function sweepLoop(ctx: Context): Loop {
  let policyAt = 0
  return {
    name: 'sweeps',
    channels: ['steps'],
    async step() {
      const ready = await listReadySweeps(ctx.db.kysely)
      for (const stepId of ready) await guarded(ctx, stepId, () => startSweep(ctx, stepId))
      const look = performance.now() >= policyAt
      if (look) policyAt = performance.now() + policyEveryMs
      const watched = look ? await listWatchedSweeps(ctx.db.kysely) : []
      for (const stepId of await listDueSweeps(ctx.db.kysely, watched)) {
        await guarded(ctx, stepId, async () => {
          const jobId = await steerSweep(ctx, stepId)
          if (jobId !== undefined) await finishJob({ ctx }, jobId)
        })
      }
      return 0
    },
  }
}

/** One sweep's trouble is not the others': what its author can mend ends it, anything else is tried again. */
async function guarded(ctx: Context, stepId: number, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isAppError(error) || error.status >= 500) {
      ctx.log.warn({ err: error, step: stepId }, 'A sweep could not be steered and will be looked at again')
      return
    }
    await failSweep(ctx, stepId, { code: error.code, message: error.message }).catch((failure: unknown) =>
      ctx.log.warn({ err: failure, step: stepId }, 'A sweep could not be ended and will be looked at again'),
    )
  }
}
