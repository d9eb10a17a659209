import { notFound, scheduleProperties } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { timeZoneOf, upcomingFireTimes } from './schedule-times.ts'

/** `GET …/schedules/{name}/fires`: what it did, newest first. */
export async function showFires(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const schedule = await requireSchedule(ctx, request)
  const { $top: limit } = request.query as { $top: number }
  const rows = await ctx.db.kysely
    .selectFrom('schedule_fires')
    .selectAll()
    .where('schedule_id', '=', schedule.id.toLowerCase())
    .orderBy('fire_time', 'desc')
    .limit(limit)
    .execute()
  return ok({
    value: rows.map((row) => ({
      fireTime: row.fire_time.toISOString(),
      firedAt: row.fired_at.toISOString(),
      trigger: row.manual ? 'Manual' : 'Scheduled',
      jobName: row.job_id,
      error: row.error,
    })),
  })
}

/** `GET …/schedules/{name}/upcomingFires`: when it will fire, in the order of time; nothing while it is disabled. */
export async function showUpcomingFires(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const schedule = await requireSchedule(ctx, request)
  const { trigger, isEnabled } = scheduleProperties.parse(schedule.properties)
  const { count } = request.query as { count: number }
  const times = isEnabled === false ? [] : upcomingFireTimes(trigger, ctx.clock.now(), count, schedule.createdAt)
  return ok({ timeZone: timeZoneOf(trigger.timeZone), value: times.map((time) => ({ fireTime: time.toISOString() })) })
}

async function requireSchedule(ctx: Context, request: ApiRequest): Promise<StoredResource> {
  const schedule = await ctx.resources.find(request.scope)
  if (schedule === undefined) throw notFound('Schedule', request.params['scheduleName'] ?? '')
  return schedule
}
