import type { Context } from '../../../context.ts'
import type { Loop } from '../../../domain.ts'
import { finishJob } from '../finish-job.ts'
import { startSweeps, steerSweep } from './steer-sweep.ts'
import { listDueSweeps, listWatchedSweeps } from './sweep-store.ts'

/** How often an early termination policy looks at the metrics of running trials. */
const policyEveryMs = 1_000

/** The part of every engine that starts and steers sweeps. Any number may run: each decision takes the sweep's row. */
export function sweepLoop(ctx: Context): Loop {
  let policyAt = 0
  return {
    name: 'sweeps',
    channels: ['steps'],
    async step() {
      const started = await startSweeps(ctx)
      const look = performance.now() >= policyAt
      if (look) policyAt = performance.now() + policyEveryMs
      const watched = look ? await listWatchedSweeps(ctx.db.kysely) : []
      for (const stepId of await listDueSweeps(ctx.db.kysely, watched)) {
        const jobId = await steerSweep(ctx, stepId)
        if (jobId !== undefined) await finishJob({ ctx }, jobId)
      }
      return started
    },
  }
}
