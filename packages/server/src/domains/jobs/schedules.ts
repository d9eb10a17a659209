import type { KindBehaviour } from '../../kernel/resources/index.ts'
import type { Context } from '../../context.ts'
import type { TaskHandler } from '../../kernel/tasks/index.ts'
import { nextFireTime } from './schedule-times.ts'
import { scheduleProperties } from '@fulcrum/contract'
import { systemActor } from '../../kernel/auth/index.ts'

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
    async validate(_tx, { body }) {
      const { trigger } = scheduleProperties.parse(body.properties)
      nextFireTime(trigger, new Date(0))
    },
  }
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
