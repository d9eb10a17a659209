import { expect } from 'vitest'
import { sealEvents } from '../../src/kernel/events/index.ts'
import type { ContractWorld } from './contract-world.ts'

const count = 5

/** Fills the lists that hold no resources of a kind: principals, runs of monitors, deliveries of events. */
export async function seedLists(world: ContractWorld): Promise<void> {
  const { ctx, admin } = world.server
  for (let number = 0; number < count; number += 1) {
    for (const collection of ['groups', 'servicePrincipals', 'users']) {
      const path = `${world.subscription}/providers/Fulcrum.Identity/${collection}/principal-${collection}-${number}`
      const response = await admin.put(path, { properties: {} })
      expect(response.status, response.text).toBe(201)
    }
    await ctx.db.kysely
      .insertInto('event_deliveries')
      .values({
        subscription_id:
          `${world.subscription}/resourceGroups/group/providers/Microsoft.EventGrid/eventSubscriptions/parent`.toLowerCase(),
        event_sequence: number + 1,
        event_id: ctx.ids.uuid(),
        event_type: 'monitoring.monitorBreached',
        subject: world.workspace,
        state: 'Delivered',
        reason: null,
        job_id: null,
        at: ctx.clock.now(),
      })
      .execute()
    await ctx.db.kysely
      .insertInto('batch_invocations')
      .values({
        job_id: `${world.workspace}/jobs/${number === 0 ? 'parent' : `item-${number}`}`.toLowerCase(),
        endpoint_id: `${world.workspace}/batchEndpoints/parent`.toLowerCase(),
        deployment_id: `${world.workspace}/batchEndpoints/parent/deployments/parent`.toLowerCase(),
      })
      .execute()
    // Two of the same instant each: the order must not depend on the time alone.
    const createdAt = new Date(Date.UTC(2026, 0, 1 + Math.floor(number / 2)))
    await ctx.db.kysely
      .insertInto('monitor_runs')
      .values({
        id: ctx.ids.uuid(),
        workspace_id: world.workspace.toLowerCase(),
        schedule_id: `${world.workspace}/schedules/parent`.toLowerCase(),
        schedule_display_id: `${world.workspace}/schedules/parent`,
        trigger: 'manual',
        requested_by: JSON.stringify({ id: world.principalId, name: 'somebody', kind: 'User', groups: [] }),
        definition: '{}',
        status: 'Queued',
        window_end: createdAt,
        signals: '[]',
        created_at: createdAt,
      })
      .execute()
  }
  await sealEvents(ctx.db.kysely)
}
