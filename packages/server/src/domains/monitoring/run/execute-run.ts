import { AppError, isAlerting, type MonitorMetric, type MonitorSignal, type MonitorSignalResult } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { withAnalytics } from '../../../kernel/analytics/index.ts'
import { systemActor } from '../../../kernel/auth/index.ts'
import type { Tx } from '../../../kernel/db/database.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import type { TaskHandler } from '../../../kernel/tasks/index.ts'
import { rounded } from '../data/index.ts'
import { computeSignal, worstState, type SignalOutcome } from '../signals/index.ts'
import { definitionOf, findRun, lastCompletedRun, storeFindings, type MonitorRunRow } from './run-store.ts'

/** Failures of the platform (not of data) after which a run is given up. */
const attemptsAtMost = 4

/** Computes a run that was asked for. Idempotent: findings are replaced, and end and events are written in one transaction. */
export function executeRun(ctx: Context): TaskHandler {
  return async ({ key, failures }) => {
    const run = await findRun(ctx.db.kysely, key)
    if (run === undefined || run.status === 'Completed' || run.status === 'Failed') return
    await ctx.db.kysely
      .updateTable('monitor_runs')
      .set({ status: 'Running', started_at: run.started_at ?? ctx.clock.now() })
      .where('id', '=', run.id)
      .execute()
    try {
      await compute(ctx, run)
    } catch (error) {
      if (failures + 1 < attemptsAtMost) throw error
      ctx.log.error({ err: error, run: run.id }, 'A monitor run was given up')
      await fail(ctx, run, error)
    }
  }
}

async function compute(ctx: Context, run: MonitorRunRow): Promise<void> {
  const definition = definitionOf(run)
  const found: { name: string; signal: MonitorSignal; outcome: SignalOutcome }[] = []
  for (const [name, signal] of Object.entries(definition.signals)) {
    found.push({
      name,
      signal,
      outcome: await outcomeOf(ctx, run, { name, signal, taskType: definition.monitoringTarget?.taskType ?? undefined }),
    })
  }
  const signals = found.map(({ name, signal, outcome }) => resultOf(name, signal, outcome))
  const verdict = worstState(signals.map((signal) => signal.state))
  await ctx.db.transaction(async (tx) => {
    const current = await tx.selectFrom('monitor_runs').select('status').where('id', '=', run.id).forUpdate().executeTakeFirst()
    if (current?.status !== 'Running') return
    for (const { name, outcome } of found) await storeFindings(tx, run.id, name, outcome)
    await tx
      .updateTable('monitor_runs')
      .set({ status: 'Completed', verdict, signals: JSON.stringify(signals), ended_at: ctx.clock.now() })
      .where('id', '=', run.id)
      .execute()
    await raiseEvents(
      tx,
      ctx,
      run,
      found.map(({ name, outcome }) => ({ name, metrics: outcome.metrics })),
      signals,
    )
  })
}

/** What a user's data or definition gets wrong is the outcome of the signal; anything else is tried again. */
async function outcomeOf(
  ctx: Context,
  run: MonitorRunRow,
  { name, signal, taskType }: { name: string; signal: MonitorSignal; taskType: string | undefined },
): Promise<SignalOutcome> {
  const workspaceId = run.schedule_display_id.replace(/\/schedules\/[^/]+$/i, '')
  try {
    return await withAnalytics(
      ctx,
      (session) =>
        computeSignal({
          ctx,
          workspaceId,
          name,
          signal,
          taskType,
          session,
          window: rounded(run.window_start ?? undefined, run.window_end),
          now: run.window_end,
        }),
      { timeoutMs: 300_000, memoryMegabytes: 1_024 },
    )
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { state: 'error', message: error.message, referenceRows: 0, productionRows: 0, metrics: [], histograms: [] }
  }
}

function resultOf(name: string, signal: MonitorSignal, outcome: SignalOutcome): MonitorSignalResult {
  return {
    name,
    signalType: signal.signalType,
    state: outcome.state,
    alertEnabled: isAlerting(signal),
    message: outcome.message,
    referenceRows: outcome.referenceRows,
    productionRows: outcome.productionRows,
    breachedFeatures: [
      ...new Set(outcome.metrics.filter((metric) => metric.state === 'breach').map((metric) => metric.feature)),
    ].filter((feature) => feature !== ''),
  }
}

const action = 'Microsoft.MachineLearningServices/workspaces/schedules/write'

async function raiseEvents(
  tx: Tx,
  ctx: Context,
  run: MonitorRunRow,
  findings: readonly { name: string; metrics: readonly MonitorMetric[] }[],
  signals: readonly MonitorSignalResult[],
): Promise<void> {
  const subject = run.schedule_display_id
  const monitor = subject.slice(subject.lastIndexOf('/') + 1)
  const alerting = signals.filter((signal) => signal.alertEnabled)
  const raise = (type: string, data: Record<string, unknown>) =>
    appendEvent(tx, ctx, systemActor, { type, subject, action, data: { monitor, runId: run.id, ...data } })
  const breached = alerting.filter((signal) => signal.state === 'breach').map((signal) => signal.name)
  const without = alerting.filter((signal) => !['ok', 'breach'].includes(signal.state))
  if (breached.length > 0) await raise('monitoring.monitorBreached', { signals: breached, metrics: breaches(findings, breached) })
  if (without.length > 0) {
    await raise('monitoring.monitorNoData', { signals: without.map(({ name, state, message }) => ({ name, state, message })) })
  }
  if (breached.length === 0 && without.length === 0) {
    const previous = await lastCompletedRun(tx, run.schedule_id, run.created_at)
    const wasBreached = previous?.signals.some((signal) => signal.alertEnabled && signal.state === 'breach') === true
    if (wasBreached) await raise('monitoring.monitorRecovered', { signals: alerting.map((signal) => signal.name) })
  }
  await raise('monitoring.runCompleted', { verdict: worstState(signals.map((signal) => signal.state)) })
}

/** Every breached metric, the worst in proportion to its threshold first. */
function breaches(findings: readonly { name: string; metrics: readonly MonitorMetric[] }[], signals: readonly string[]) {
  return findings
    .filter(({ name }) => signals.includes(name))
    .flatMap(({ name, metrics }) =>
      metrics.filter((metric) => metric.state === 'breach').map((metric) => ({ signal: name, ...metric })),
    )
    .map(({ signal, feature, metric, value, threshold, baselineValue, direction }) => ({
      signal,
      feature,
      metric,
      value,
      threshold,
      baselineValue,
      direction,
    }))
    .sort((left, right) => severityOf(right) - severityOf(left))
    .slice(0, 100)
}

function severityOf({
  value,
  threshold,
  direction,
}: {
  value: number | null
  threshold: number | null
  direction: 'up' | 'down'
}): number {
  const [above, below] = direction === 'up' ? [value ?? 0, threshold ?? 0] : [threshold ?? 0, value ?? 0]
  return above / Math.max(below, 1e-9)
}

async function fail(ctx: Context, run: MonitorRunRow, error: unknown): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const message = error instanceof Error ? error.message : String(error)
    await tx
      .updateTable('monitor_runs')
      .set({ status: 'Failed', verdict: 'error', error: message, ended_at: ctx.clock.now() })
      .where('id', '=', run.id)
      .execute()
    await appendEvent(tx, ctx, systemActor, {
      type: 'monitoring.runFailed',
      subject: run.schedule_display_id,
      action,
      result: 'failed',
      data: { runId: run.id, message },
    })
  })
}
