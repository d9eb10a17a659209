import { AppError, monitoringOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { appendEvent, type EventHandler } from '../../kernel/events/index.ts'
import { route } from '../../kernel/http/index.ts'
import { deliverToSubscriptions, eventSubscriptionBehaviour, listDeliveries } from './event-subscriptions/index.ts'
import {
  executeRun,
  getMonitorFeature,
  getMonitorRun,
  listMonitorRuns,
  runMonitor,
  runTask,
  startMonitorRun,
} from './run/index.ts'

/** Monitors: drift, quality and performance of what endpoints collect, and jobs that events start. */
export function monitoringDomain(ctx: Context): DomainModule {
  return {
    name: 'monitoring',
    behaviours: [eventSubscriptionBehaviour(ctx)],
    routes: [
      route(monitoringOperations.runMonitor, (request) => runMonitor(ctx, request)),
      route(monitoringOperations.listMonitorRuns, (request) => listMonitorRuns(ctx, request)),
      route(monitoringOperations.getMonitorRun, (request) => getMonitorRun(ctx, request)),
      route(monitoringOperations.getMonitorFeature, (request) => getMonitorFeature(ctx, request)),
      route(monitoringOperations.listDeliveries, (request) => listDeliveries(ctx, request)),
    ],
    tasks: { [runTask]: executeRun(ctx) },
    subscriptions: [
      { reader: 'monitoring:schedules', types: ['schedules.fired'], handle: runFiredMonitor(ctx) },
      { reader: 'monitoring:event-subscriptions', types: ['*'], handle: { forBatch: () => deliverToSubscriptions(ctx) } },
    ],
  }
}

/** A schedule that monitors has fired: one run per event. */
function runFiredMonitor(ctx: Context): EventHandler {
  return async (event) => {
    if (String(event.data['actionType']).toLowerCase() !== 'createmonitor') return
    const actor: Actor = { id: event.actor.id, name: event.actor.name, kind: event.actor.kind as Actor['kind'], groups: [] }
    try {
      await startMonitorRun(ctx, { scheduleId: event.subject, actor, trigger: 'schedule', triggerKey: `event:${event.id}` })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      await appendEvent(ctx.db.kysely, ctx, actor, {
        type: 'monitoring.runFailed',
        subject: event.subject,
        action: 'Microsoft.MachineLearningServices/workspaces/schedules/write',
        result: 'failed',
        data: { message: error.message },
      })
    }
  }
}
