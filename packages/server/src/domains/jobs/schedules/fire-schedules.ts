import { isAppError, notFound, notSupported, scheduleProperties, type AppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { systemActor, type Actor } from '../../../kernel/auth/index.ts'
import type { Tx } from '../../../kernel/db/database.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import type { JsonObject } from '../../../kernel/tables.ts'
import { membersOf } from '../component-members.ts'
import { workspaceIdOf } from '../job-ids.ts'
import { copyOfSource } from '../source-job.ts'
import { submitJobWithin } from '../submit.ts'
import { firesAtOnce, latestFireTime } from './schedule-times.ts'

/** Actions that are kept and carried out nowhere. */
const unsupportedActions = ['ImportData', 'InvokeBatchEndpoint']

const scheduleType = 'microsoft.machinelearningservices/workspaces/schedules'

/** Fires each schedule that is due, the latest missed time once. One row per (schedule, time) in the transaction of the job makes it once. */
export async function fireDueSchedules(ctx: Context): Promise<void> {
  const rows = await ctx.db.kysely.selectFrom('resources').select('id').where('type', '=', scheduleType).execute()
  for (const { id } of rows) {
    await fireIfDue(ctx, id).catch((error: unknown) =>
      ctx.log.warn({ err: error, schedule: id }, 'A schedule could not be fired and will be tried again'),
    )
  }
}

async function fireIfDue(ctx: Context, id: string): Promise<void> {
  const schedule = await ctx.resources.find(id)
  if (schedule === undefined || schedule.properties['isEnabled'] === false) return
  const { trigger } = scheduleProperties.parse(schedule.properties)
  const last = await ctx.db.kysely
    .selectFrom('schedule_fires')
    .select('fire_time')
    .where('schedule_id', '=', id)
    .where('manual', '=', false)
    .orderBy('fire_time', 'desc')
    .limit(1)
    .executeTakeFirst()
  const changedAt = changeToCountFrom(schedule)
  const since = last !== undefined && last.fire_time > changedAt ? last.fire_time : changedAt
  const fireTime = latestFireTime(trigger, since, ctx.clock.now(), schedule.createdAt)
  if (fireTime === undefined) return
  const due: Fire = { schedule, fireTime, actor: await ownerOf(ctx, schedule), manual: false }
  await fire(ctx, due).catch(async (error: unknown) => {
    if (!isAppError(error) || error.status >= 500) throw error
    await noteRefusal(ctx, due, error)
  })
}

interface Fire {
  readonly schedule: StoredResource
  readonly fireTime: Date
  readonly actor: Actor
  readonly manual: boolean
}

/** A schedule owes nothing for the time before it was last written; one that fires at once owes the moment in which it was made. */
function changeToCountFrom(schedule: StoredResource): Date {
  const { trigger } = scheduleProperties.parse(schedule.properties)
  const isNew = schedule.modifiedAt.getTime() === schedule.createdAt.getTime()
  const atOnce = isNew && firesAtOnce(trigger) && actionOf(schedule).actionType === 'CreateJob'
  return atOnce ? new Date(schedule.createdAt.getTime() - 1) : schedule.modifiedAt
}

/** What is wrong with the job now was not when the schedule was written: tried again, it would fail the same way each time. */
async function noteRefusal(ctx: Context, { schedule, fireTime, actor }: Fire, error: AppError): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const noted = { code: error.code, message: error.message }
    const fresh = await tx
      .insertInto('schedule_fires')
      .values({ schedule_id: schedule.id.toLowerCase(), fire_time: fireTime, error: JSON.stringify(noted) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (fresh.numInsertedOrUpdatedRows === 1n) await appendFired(tx, ctx, { schedule, fireTime, actor }, { error: error.code })
  })
}

/** Jobs of a schedule act as who wrote it. */
async function ownerOf(ctx: Context, schedule: StoredResource): Promise<Actor> {
  const owner = await ctx.db.kysely
    .selectFrom('principals')
    .select(['id', 'name', 'kind'])
    .where('name', '=', schedule.modifiedBy)
    .where('enabled', '=', true)
    .executeTakeFirst()
  return owner === undefined ? systemActor : { id: owner.id, name: owner.name, kind: owner.kind as Actor['kind'], groups: [] }
}

async function fire(ctx: Context, { schedule, fireTime, actor, manual }: Fire): Promise<string | undefined> {
  return ctx.db.transaction(async (tx) => {
    const fresh = await tx
      .insertInto('schedule_fires')
      .values({ schedule_id: schedule.id.toLowerCase(), fire_time: fireTime, job_id: null, manual })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (fresh.numInsertedOrUpdatedRows !== 1n) return undefined
    const jobName = await createJob(tx, ctx, schedule, fireTime, actor)
    const isUnsupported = unsupportedActions.includes(actionOf(schedule).actionType)
    const error = isUnsupported ? { error: 'NotSupported' } : {}
    await appendFired(tx, ctx, { schedule, fireTime, actor }, { ...(jobName === undefined ? {} : { jobName }), ...error })
    return jobName
  })
}

function appendFired(tx: Tx, ctx: Context, { schedule, fireTime, actor }: Omit<Fire, 'manual'>, result: JsonObject) {
  return appendEvent(tx, ctx, actor, {
    type: 'schedules.fired',
    subject: schedule.id,
    action: 'Microsoft.MachineLearningServices/workspaces/schedules/write',
    data: { fireTime: fireTime.toISOString(), actionType: actionOf(schedule).actionType, ...result },
  })
}

function actionOf(schedule: StoredResource): { readonly actionType: string; readonly [member: string]: unknown } {
  return scheduleProperties.parse(schedule.properties).action
}

async function createJob(
  tx: Tx,
  ctx: Context,
  schedule: StoredResource,
  fireTime: Date,
  actor: Actor,
): Promise<string | undefined> {
  const action = actionOf(schedule)
  if (action.actionType !== 'CreateJob') return undefined
  const workspaceId = workspaceIdOf(schedule.id)
  const definition = await copyOfSource(tx, workspaceId, membersOf(action['jobDefinition']))
  const stamp = fireTime
    .toISOString()
    .replace(/[-:]|\.\d+/g, '')
    .toLowerCase()
  const name = `${schedule.name}-${stamp}`.slice(0, 255)
  const properties = {
    ...definition,
    properties: {
      ...(definition['properties'] as object | undefined),
      azureml_schedule: schedule.name,
      'azureml.scheduleId': schedule.id,
    },
  }
  await submitJobWithin(tx, ctx, actor, { workspaceId, name, body: { properties } })
  await tx
    .updateTable('schedule_fires')
    .set({ job_id: name })
    .where('schedule_id', '=', schedule.id.toLowerCase())
    .where('fire_time', '=', fireTime)
    .execute()
  return name
}

/** `POST …/schedules/{name}/trigger`: fires now, in the caller's name. Azure's clients take 200 and `submissionId` alone. */
export async function triggerSchedule(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const schedule = await ctx.resources.find(request.scope)
  if (schedule === undefined) throw notFound('Schedule', request.params['scheduleName'] ?? '')
  const { actionType } = actionOf(schedule)
  if (unsupportedActions.includes(actionType))
    throw notSupported(`The action ${actionType} of schedule '${schedule.name}'`, 'Schedule a job that does it: CreateJob.')
  const jobName = await fire(ctx, { schedule, fireTime: ctx.clock.now(), actor: request.actor, manual: true })
  return ok({ scheduleActionType: actionType, submissionId: jobName ?? null, jobName: jobName ?? null })
}
