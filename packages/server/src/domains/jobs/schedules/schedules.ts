import type { z } from 'zod'
import type { KindBehaviour } from '../../../kernel/resources/index.ts'
import type { Context } from '../../../context.ts'
import type { TaskHandler } from '../../../kernel/tasks/index.ts'
import { nextFireTime } from './schedule-times.ts'
import { invalid, jobProperties, monitorDefinitionSchema, scheduleProperties } from '@fulcrum/contract'
import type { Executor } from '../../../kernel/db/schema.ts'
import { workspaceIdOf } from '../job-ids.ts'
import { requireSourceJob } from '../source-job.ts'
import { systemActor } from '../../../kernel/auth/index.ts'

/** Schedules: checked when written, fired by the engine's leader. */
export function scheduleBehaviour(kind: KindBehaviour['kind']): KindBehaviour {
  return {
    kind,
    reconciled: true,
    defaults: ({ body }) => ({
      ...body,
      properties: {
        displayName: null,
        isEnabled: true,
        tags: {},
        ...body.properties,
        properties: body.properties['properties'] ?? {},
      },
    }),
    async validate(tx, { id, body }) {
      const { trigger, action } = scheduleProperties.parse(body.properties)
      nextFireTime(trigger, new Date(0))
      if (action.actionType === 'CreateJob') await checkJobDefinition(tx, id, action['jobDefinition'])
      if (action.actionType === 'CreateMonitor')
        requireValid(monitorDefinitionSchema.safeParse(action['monitorDefinition']), 'properties.action.monitorDefinition')
    },
  }
}

/** What cannot be submitted is refused when it is written, not each time the schedule fires. */
async function checkJobDefinition(tx: Executor, scheduleId: string, definition: unknown): Promise<void> {
  const target = 'properties.action.jobDefinition'
  const job = requireValid(jobProperties.safeParse(definition), target)
  await requireSourceJob(tx, workspaceIdOf(scheduleId), job, `${target}.sourceJobId`)
}

function requireValid<Value>(parsed: z.ZodSafeParseResult<Value>, target: string): Value {
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw invalid(`${[target, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'is not valid'}`, { target })
}

/** A schedule needs no preparation: its long-running write ends at once. */
export function reconcileSchedule(ctx: Context): TaskHandler {
  return async ({ key }) => {
    await ctx.db.transaction(async (tx) => {
      const resource = await ctx.resources.find(key, tx)
      if (resource === undefined) return
      if (resource.status['provisioningState'] === 'Deleting') {
        await ctx.resources.removeIn(tx, systemActor, resource)
      } else if (resource.status['provisioningState'] !== 'Succeeded') {
        await ctx.resources.updateStatus(tx, resource.id, { provisioningState: 'Succeeded' })
      }
    })
  }
}
