import { jobOperations, queueOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { StatisticsRefresher } from '../../kernel/db/refresh-statistics.ts'
import { route } from '../../kernel/http/index.ts'
import { recordEndedOperation } from '../../kernel/operations/async-operations.ts'
import { operationHeaders } from '../../kernel/resources/routes.ts'
import { showLeaderboard } from './automl/leaderboard.ts'
import { cancelJob } from './cancel.ts'
import { controlLoop } from './control-flow/control-loop.ts'
import { collectDirectories, retention } from './collect-directories.ts'
import { fireDueSchedules, triggerSchedule } from './schedules/fire-schedules.ts'
import { holdEnvironments } from '../environments/index.ts'
import { environmentsInUse } from './execution-record.ts'
import { showExecution } from './show-execution.ts'
import { runHistoryRoutes } from './history/routes.ts'
import { JobEngine } from './job-engine.ts'
import { jobBehaviours } from './kinds.ts'
import { localProcesses } from './observe-attempt.ts'
import { listLogs, readLog } from './logs.ts'
import { showMiniBatches } from './parallel/mini-batch-progress.ts'
import { listQueue } from './queue/list-queue.ts'
import { showQuotas, showUsages, updateQuotas } from './queue/quotas.ts'
import { reconcileSchedule } from './schedules/schedules.ts'
import { showFires, showUpcomingFires } from './schedules/show-fires.ts'
import { rerunJob } from './rerun/rerun-job.ts'
import { sweepLoop } from './sweep/sweep-loop.ts'
import { showSteps } from './show-steps.ts'
import { explainJob, listOutputs } from './views.ts'

const searchedColumns = {
  steps: ['id', 'job_id', 'state', 'outcome', 'lease_until', 'queue_id', 'parent_id'],
  edges: ['source', 'target'],
  attempts: ['step_id', 'ended_at'],
  resources: ['id', 'type', 'parent_id'],
}

/** Jobs: commands and pipelines, their components and schedules, and the engine that runs them. */
export function jobsDomain(ctx: Context): DomainModule {
  holdEnvironments(ctx, () => environmentsInUse(ctx))
  const statistics = new StatisticsRefresher(searchedColumns)
  return {
    name: 'jobs',
    behaviours: jobBehaviours(ctx),
    routes: [
      route(jobOperations.cancel, async (request) => {
        await cancelJob(ctx, request.actor, request.scope)
        const ended = await recordEndedOperation(ctx.db.kysely, ctx, request.actor, { resourceId: request.scope, kind: 'cancel' })
        return { status: 202, headers: operationHeaders(request, request.scope, ended) }
      }),
      route(jobOperations.rerun, async (request) => {
        const rerun = await rerunJob(ctx, request.actor, request.scope, request.body ?? {})
        return { status: 201, body: rerun }
      }),
      route(jobOperations.logs, (request) => listLogs(ctx, request)),
      route(jobOperations.log, (request) => readLog(ctx, request)),
      route(jobOperations.steps, (request) => showSteps(ctx, request)),
      route(jobOperations.explain, (request) => explainJob(ctx, request)),
      route(jobOperations.execution, (request) => showExecution(ctx, request)),
      route(jobOperations.outputs, (request) => listOutputs(ctx, request)),
      route(jobOperations.miniBatches, (request) => showMiniBatches(ctx, request)),
      route(jobOperations.leaderboard, (request) => showLeaderboard(ctx, request)),
      route(jobOperations.usages, (request) => showUsages(ctx, request)),
      route(queueOperations.list, (request) => listQueue(ctx, request)),
      route(queueOperations.quotas, (request) => showQuotas(ctx, request)),
      route(queueOperations.updateQuotas, (request) => updateQuotas(ctx, request)),
      route(jobOperations.triggerSchedule, (request) => triggerSchedule(ctx, request)),
      route(jobOperations.scheduleFires, (request) => showFires(ctx, request)),
      route(jobOperations.scheduleUpcomingFires, (request) => showUpcomingFires(ctx, request)),
      ...runHistoryRoutes(ctx),
    ],
    tasks: { 'reconcile:microsoft.machinelearningservices/workspaces/schedules': reconcileSchedule(ctx) },
    timers: [
      {
        name: 'tell the planner of new graphs',
        everyMs: 2_000,
        run: async () => void (await statistics.refresh(ctx.db.kysely)),
      },
      { name: 'fire schedules', everyMs: 5_000, run: () => fireDueSchedules(ctx) },
      {
        name: 'collect job directories',
        everyMs: 600_000,
        run: async (signal) => void (await collectDirectories(ctx, retention, signal)),
      },
    ],
    loops: [new JobEngine({ ctx, processes: localProcesses(ctx) }).loop(), sweepLoop(ctx), controlLoop(ctx)],
  }
}
