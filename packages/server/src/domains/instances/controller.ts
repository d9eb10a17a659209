import { isAppError, type InstanceDescription, type InstanceStep } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { systemActor, type Actor } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import type { ClaimedTask, TaskResult } from '../../kernel/tasks/index.ts'
import { applySteps, stepContext } from './steps.ts'

/** Brings an instance to its description, step by idempotent step; progress is in `steps`. */
export async function applyInstance(ctx: Context, task: ClaimedTask, signal: AbortSignal): Promise<TaskResult> {
  const resource = await ctx.resources.find(task.key)
  if (resource === undefined) return undefined
  const requestedBy = resource.status['requestedBy']
  const actor: Actor = { ...systemActor, ...(typeof requestedBy === 'string' ? { onBehalfOf: requestedBy } : {}) }
  if (resource.status['provisioningState'] === 'Deleting') {
    await ctx.db.transaction((tx) => ctx.resources.removeIn(tx, actor, resource))
    return undefined
  }
  const failure = await runSteps(ctx, actor, resource, signal)
  if (signal.aborted) return { againAfterMs: 0 }
  const isCurrent = (await ctx.resources.find(task.key))?.modifiedAt.getTime() === resource.modifiedAt.getTime()
  // A newer description came in meanwhile: its operation ends with its own run.
  if (!isCurrent) return { againAfterMs: 0 }
  await ctx.db.transaction(async (tx) => {
    await ctx.resources.updateStatus(
      tx,
      resource.id,
      { provisioningState: failure === undefined ? 'Succeeded' : 'Failed' },
      failure,
    )
    await appendEvent(tx, ctx, actor, {
      type: failure === undefined ? 'instances.applied' : 'instances.applyFailed',
      subject: resource.id,
      action: 'Fulcrum.Platform/instances/write',
      result: failure === undefined ? 'success' : 'failed',
      data: failure === undefined ? {} : { ...failure },
    })
  })
  return undefined
}

interface StepFailure {
  readonly code: string
  readonly message: string
}

/** @returns why it stopped, when a step was refused; what is no refusal is thrown, so that the task is tried again */
async function runSteps(
  ctx: Context,
  actor: Actor,
  resource: StoredResource,
  signal: AbortSignal,
): Promise<StepFailure | undefined> {
  const context = stepContext(ctx, actor, resource.properties as unknown as InstanceDescription)
  const steps: InstanceStep[] = applySteps.map(({ name, title }) => ({ name, title, state: 'Pending', message: '' }))
  const report = async (index: number, change: Partial<InstanceStep>): Promise<void> => {
    const step = steps[index]
    if (step !== undefined) steps[index] = { ...step, ...change }
    await ctx.db.transaction(async (tx) => {
      await ctx.resources.updateStatus(tx, resource.id, { steps })
      await appendEvent(tx, ctx, actor, {
        type: 'instances.stepChanged',
        subject: resource.id,
        action: 'Fulcrum.Platform/instances/write',
        data: { ...steps[index] },
      })
    })
  }
  for (const [index, step] of applySteps.entries()) {
    if (signal.aborted) return undefined
    await report(index, { state: 'Running', startedAt: ctx.clock.now().toISOString() })
    try {
      const outcome = await ctx.db.transaction((tx) => step.run(tx, context))
      const [state, message] =
        typeof outcome === 'string' ? (['Succeeded', outcome] as const) : (['Skipped', outcome.skipped] as const)
      await report(index, { state, message, endedAt: ctx.clock.now().toISOString() })
    } catch (error) {
      if (!isAppError(error) || error.status >= 500) throw error
      await report(index, { state: 'Failed', message: error.message, endedAt: ctx.clock.now().toISOString() })
      return { code: error.code, message: `${step.title}: ${error.message}` }
    }
  }
  return undefined
}
