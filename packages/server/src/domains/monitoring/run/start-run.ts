import { AppError, invalid, monitorDefinitionSchema, notFound, type MonitorDefinition } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Actor } from '../../../kernel/auth/index.ts'
import type { Tx } from '../../../kernel/db/database.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { enqueueTask } from '../../../kernel/tasks/index.ts'
import { insertRun, lastCompletedRun } from './run-store.ts'

export const runTask = 'monitoring:run'

export interface RunRequest {
  readonly scheduleId: string
  readonly actor: Actor
  readonly trigger: 'manual' | 'schedule'
  /** A cause that must lead to one run only, e.g. the sequence of an event. */
  readonly triggerKey?: string
}

/**
 * Asks for a run of a monitor; it is computed in the background. @returns its id, `undefined` when this cause already has one
 * @throws ResourceNotFound · InvalidRequestContent the schedule does not monitor, or its definition cannot be read
 */
export function startMonitorRun(ctx: Context, request: RunRequest): Promise<string | undefined> {
  return ctx.db.transaction((tx) => startMonitorRunIn(tx, ctx, request))
}

async function startMonitorRunIn(
  tx: Tx,
  ctx: Context,
  { scheduleId, actor, trigger, triggerKey }: RunRequest,
): Promise<string | undefined> {
  const schedule = await ctx.resources.find(scheduleId, tx)
  if (schedule === undefined) throw notFound('Schedule', scheduleId)
  const definition = definitionOfSchedule(schedule)
  const now = ctx.clock.now()
  const id = ctx.ids.uuid()
  const previous = await lastCompletedRun(tx, schedule.id, now)
  const fresh = await insertRun(tx, {
    id,
    workspaceId: schedule.id.replace(/\/schedules\/[^/]+$/i, ''),
    scheduleId: schedule.id,
    trigger,
    triggerKey,
    requestedBy: actor,
    definition,
    windowStart: previous?.window_end,
    now,
  })
  if (!fresh) return undefined
  await enqueueTask(tx, { kind: runTask, key: id })
  await appendEvent(tx, ctx, actor, {
    type: 'monitoring.runStarted',
    subject: schedule.id,
    action: 'Microsoft.MachineLearningServices/workspaces/schedules/write',
    data: { runId: id, trigger },
  })
  return id
}

/** The monitor that a schedule describes. @throws InvalidRequestContent it describes none, or one with mistakes */
export function definitionOfSchedule(schedule: StoredResource): MonitorDefinition {
  const action = schedule.properties['action'] as
    | { readonly actionType?: unknown; readonly monitorDefinition?: unknown }
    | undefined
  if (String(action?.actionType).toLowerCase() !== 'createmonitor') {
    throw invalid(
      `Schedule '${schedule.name}' has the action ${String(action?.actionType)}; only schedules with CreateMonitor can be run as monitors.`,
      { target: 'properties.action.actionType' },
    )
  }
  const parsed = monitorDefinitionSchema.safeParse(action?.monitorDefinition)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const path = ['properties.action.monitorDefinition', ...(issue?.path ?? [])].join('.')
    throw invalid(`Monitor '${schedule.name}': ${path}: ${issue?.message ?? 'is not valid'}`, { target: path })
  }
  if (Object.keys(parsed.data.signals).length === 0) {
    throw new AppError('InvalidRequestContent', `Monitor '${schedule.name}' has no signals.`, {
      target: 'properties.action.monitorDefinition.signals',
    })
  }
  return parsed.data
}
