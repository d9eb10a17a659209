import { notFound } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { nextPage, ok, positionOf, type ApiReply, type ApiRequest, type PageQuery } from '../../../kernel/http/index.ts'
import { findRun, listRuns, presentRun, readHistograms, readMetrics, type MonitorRunRow, type RunPosition } from './run-store.ts'
import { startMonitorRun } from './start-run.ts'

/** Bindings of the operations on monitor runs. */

export async function runMonitor(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const id = await startMonitorRun(ctx, { scheduleId: request.scope, actor: request.actor, trigger: 'manual' })
  const run = id === undefined ? undefined : await findRun(ctx.db.kysely, id)
  if (run === undefined) throw notFound('Monitor run', request.scope)
  return { status: 202, body: presentRun(run) }
}

export async function listMonitorRuns(
  ctx: Context,
  request: ApiRequest<PageQuery & { scheduleName?: string | undefined }>,
): Promise<ApiReply> {
  const { scheduleName, $top: limit = 100 } = request.query
  const rows = await listRuns(ctx.db.kysely, {
    workspaceId: request.scope,
    scheduleName,
    after: positionOf<RunPosition>(ctx.cursors, request, scheduleName),
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return ok({
    value: page.map((row) => presentRun(row)),
    nextLink: nextPage(
      ctx.cursors,
      request,
      last === undefined ? undefined : { createdAt: last.created_at.toISOString(), id: last.id },
      scheduleName,
    ),
  })
}

export async function getMonitorRun(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const run = await requireRun(ctx, request)
  const metrics = await readMetrics(ctx.db.kysely, run.id)
  return ok(
    presentRun(
      run,
      run.signals.map((signal) => ({ ...signal, metrics: metrics.get(signal.name) ?? [] })),
    ),
  )
}

export async function getMonitorFeature(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const run = await requireRun(ctx, request)
  const feature = request.params['featureName'] ?? ''
  const histograms = await readHistograms(ctx.db.kysely, run.id, feature)
  const metrics = await readMetrics(ctx.db.kysely, run.id, feature)
  if (histograms.length === 0 && metrics.size === 0) throw notFound('Feature', feature, `Run '${run.id}' has not compared it.`)
  const signals = histograms.map(({ signal, dataType, histogram }) => ({
    name: signal,
    dataType,
    histogram,
    metrics: metrics.get(signal) ?? [],
  }))
  return ok({ feature, signals })
}

/** The run that the path names, in the workspace that the path names. */
async function requireRun(ctx: Context, request: ApiRequest): Promise<MonitorRunRow> {
  const run = await findRun(ctx.db.kysely, request.params['runId'] ?? '')
  const workspaceId = request.scope.replace(/\/monitorRuns\/[^/]+$/i, '').toLowerCase()
  if (run === undefined || run.workspace_id !== workspaceId) throw notFound('Monitor run', request.params['runId'] ?? '')
  return run
}
