import { trackingOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Route } from '../../../kernel/http/index.ts'
import { historyPageLimit, readHistory, readInterval, type HistoryPosition } from '../history.ts'
import { invalidParameter } from '../limits.ts'
import { missing, type Arguments } from './arguments.ts'
import { nextPage } from './experiment-routes.ts'
import { mlflowRoutes, type MlflowRequest } from './handler.ts'
import { presentPoint } from './present.ts'

const runsAtMost = 100

export function metricRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  return [
    bind(operations.getMetricHistory, history),
    bind(operations.getMetricHistoryBulk, async ({ scope, arguments: input }) => {
      const [runIds, key] = [runsOf(input, 'run_id'), input.requiredText('metric_key')]
      const limit = Math.floor(
        input.count('max_results', { standard: historyPageLimit, maximum: historyPageLimit }) / runIds.length,
      )
      const histories = await Promise.all(runIds.map((runId) => readHistory(scope, { runId, key, limit: Math.max(1, limit) })))
      return { metrics: histories.flatMap(({ points }) => points.map((point) => presentPoint(key, point, true))) }
    }),
    bind(operations.getMetricHistoryInterval, async ({ scope, arguments: input }) => {
      const [runIds, key] = [runsOf(input, 'run_ids'), input.requiredText('metric_key')]
      const [startStep, endStep] = [input.integer('start_step'), input.integer('end_step')]
      if ((startStep === undefined) !== (endStep === undefined))
        throw invalidParameter('If either start step or end step are specified, both must be specified.', 'start_step')
      if (startStep !== undefined && endStep !== undefined && startStep > endStep)
        throw invalidParameter(
          `end_step must be greater than start_step. Found start_step=${startStep} and end_step=${endStep}.`,
          'end_step',
        )
      const maximum = input.count('max_results', { standard: 320, maximum: 2500 })
      const points = await readInterval(scope, {
        runIds,
        key,
        maximum,
        ...(startStep === undefined ? {} : { startStep }),
        ...(endStep === undefined ? {} : { endStep }),
      })
      return { metrics: points.map((point) => presentPoint(key, point, true)) }
    }),
  ]
}

async function history({ scope, arguments: input }: MlflowRequest) {
  const [runId, key] = [input.requiredText('run_id', 'run_uuid'), input.requiredText('metric_key')]
  const binding = `history ${scope.workspaceId} ${runId} ${key}`
  const token = input.text('page_token')
  const limit = input.count('max_results', { standard: historyPageLimit, maximum: historyPageLimit })
  const after = token === undefined || token === '' ? {} : { after: scope.ctx.cursors.decode(binding, token) as HistoryPosition }
  const { points, next } = await readHistory(scope, { runId, key, limit, ...after })
  return {
    metrics: points.map((point) => presentPoint(key, point)),
    ...nextPage(next === undefined ? undefined : scope.ctx.cursors.encode(binding, next)),
  }
}

function runsOf(input: Arguments, name: string): string[] {
  const runIds = input.texts(name)
  if (runIds.length === 0) throw missing(name)
  if (runIds.length > runsAtMost)
    throw invalidParameter(`The request must specify at most ${runsAtMost} ${name}; it has ${runIds.length}.`, name)
  return runIds
}
