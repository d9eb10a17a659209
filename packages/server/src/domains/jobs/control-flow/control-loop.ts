import { isAppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Loop } from '../../../domain.ts'
import { finishJob } from '../finish-job.ts'
import { listDueControls } from './control-store.ts'
import { failControl, steerControl } from './steer-control.ts'

/** The part of every engine that steers control-flow nodes. Any number may run: each decision takes the job's row and the node's. */
export function controlLoop(ctx: Context): Loop {
  return {
    name: 'control flow',
    channels: ['steps'],
    async step() {
      const due = await listDueControls(ctx.db.kysely)
      for (const stepId of due) await steer(ctx, stepId)
      return 0
    },
  }
}

/** One node's trouble is not the others': what its author can mend ends it, anything else is tried again. */
async function steer(ctx: Context, stepId: number): Promise<void> {
  try {
    const ended = await steerControl(ctx, stepId).catch((error: unknown) => {
      if (!isAppError(error) || error.status >= 500) throw error
      return failControl(ctx, stepId, { code: error.code, message: error.message })
    })
    if (ended !== undefined) await finishJob({ ctx }, ended)
  } catch (error) {
    ctx.log.warn({ err: error, step: stepId }, 'A control-flow node could not be steered and will be looked at again')
  }
}
