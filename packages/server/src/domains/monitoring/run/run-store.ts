import {
  monitorDefinitionSchema,
  type MonitorDefinition,
  type MonitorHistogram,
  type MonitorMetric,
  type MonitorRun,
  type MonitorSignalResult,
} from '@fulcrum/contract'
import type { Selectable } from 'kysely'
import type { Actor } from '../../../kernel/auth/index.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import type { FeatureHistogram } from '../signals/index.ts'
import type { MonitorMetricsTable, MonitorRunsTable } from '../tables.ts'

export type MonitorRunRow = Selectable<MonitorRunsTable>

export const monitorRunType = 'Microsoft.MachineLearningServices/workspaces/monitorRuns'

export interface RunDraft {
  readonly id: string
  readonly workspaceId: string
  readonly scheduleId: string
  readonly trigger: 'manual' | 'schedule'
  readonly triggerKey: string | undefined
  readonly requestedBy: Actor
  readonly definition: MonitorDefinition
  readonly windowStart: Date | undefined
  readonly now: Date
}

/** @returns false when a run of the same cause exists */
export async function insertRun(db: Executor, draft: RunDraft): Promise<boolean> {
  const result = await db
    .insertInto('monitor_runs')
    .values({
      id: draft.id,
      workspace_id: draft.workspaceId.toLowerCase(),
      schedule_id: draft.scheduleId.toLowerCase(),
      schedule_display_id: draft.scheduleId,
      trigger: draft.trigger,
      trigger_key: draft.triggerKey ?? null,
      requested_by: JSON.stringify({
        id: draft.requestedBy.id,
        name: draft.requestedBy.name,
        kind: draft.requestedBy.kind,
        groups: [],
      }),
      definition: JSON.stringify(draft.definition),
      status: 'Queued',
      window_start: draft.windowStart ?? null,
      window_end: draft.now,
      signals: '[]',
      created_at: draft.now,
    })
    .onConflict((conflict) => conflict.column('trigger_key').doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

export function findRun(db: Executor, id: string): Promise<MonitorRunRow | undefined> {
  return db.selectFrom('monitor_runs').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The run of a schedule that ended last before `before` with results. */
export function lastCompletedRun(db: Executor, scheduleId: string, before: Date): Promise<MonitorRunRow | undefined> {
  return db
    .selectFrom('monitor_runs')
    .selectAll()
    .where('schedule_id', '=', scheduleId.toLowerCase())
    .where('status', '=', 'Completed')
    .where('created_at', '<', before)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Where a page of runs ends; runs are listed newest first. */
export interface RunPosition {
  /** ISO 8601. */
  readonly createdAt: string
  readonly id: string
}

export async function listRuns(
  db: Executor,
  query: { workspaceId: string; scheduleName: string | undefined; after: RunPosition | undefined; limit: number },
): Promise<MonitorRunRow[]> {
  let select = db.selectFrom('monitor_runs').selectAll().where('workspace_id', '=', query.workspaceId.toLowerCase())
  if (query.scheduleName !== undefined)
    select = select.where('schedule_id', '=', `${query.workspaceId}/schedules/${query.scheduleName}`.toLowerCase())
  const { after } = query
  if (after !== undefined) {
    const createdAt = new Date(after.createdAt)
    select = select.where((where) =>
      where.or([
        where('created_at', '<', createdAt),
        where.and([where('created_at', '=', createdAt), where('id', '>', after.id)]),
      ]),
    )
  }
  return select.orderBy('created_at', 'desc').orderBy('id').limit(query.limit).execute()
}

/** Stores what a run found; replaces what an earlier attempt of the same run had stored. */
export async function storeFindings(
  db: Executor,
  runId: string,
  signal: string,
  findings: { metrics: readonly MonitorMetric[]; histograms: readonly FeatureHistogram[] },
): Promise<void> {
  await db.deleteFrom('monitor_metrics').where('run_id', '=', runId).where('signal', '=', signal).execute()
  await db.deleteFrom('monitor_histograms').where('run_id', '=', runId).where('signal', '=', signal).execute()
  const metrics = findings.metrics.map((metric) => ({
    run_id: runId,
    signal,
    feature: metric.feature,
    metric: metric.metric,
    data_type: metric.dataType,
    value: metric.value,
    baseline_value: metric.baselineValue,
    threshold: metric.threshold,
    direction: metric.direction,
    state: metric.state,
    reference_rows: metric.referenceRows,
    production_rows: metric.productionRows,
    details: JSON.stringify(metric.details),
  }))
  for (let start = 0; start < metrics.length; start += 500) {
    // The same metric asked for twice, for all types and for one, keeps the first threshold.
    await db
      .insertInto('monitor_metrics')
      .values(metrics.slice(start, start + 500))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  for (const { feature, dataType, histogram } of findings.histograms) {
    await db
      .insertInto('monitor_histograms')
      .values({ run_id: runId, signal, feature, data_type: dataType, histogram: JSON.stringify(histogram) })
      .execute()
  }
}

export async function readMetrics(db: Executor, runId: string, feature?: string): Promise<Map<string, MonitorMetric[]>> {
  let select = db.selectFrom('monitor_metrics').selectAll().where('run_id', '=', runId)
  if (feature !== undefined) select = select.where('feature', '=', feature)
  const rows = await select.orderBy('signal').orderBy('feature').orderBy('metric').execute()
  const bySignal = new Map<string, MonitorMetric[]>()
  for (const row of rows) bySignal.set(row.signal, [...(bySignal.get(row.signal) ?? []), fromRow(row)])
  return bySignal
}

function fromRow(row: Selectable<MonitorMetricsTable>): MonitorMetric {
  return {
    feature: row.feature,
    metric: row.metric,
    dataType: row.data_type,
    value: row.value,
    baselineValue: row.baseline_value,
    threshold: row.threshold,
    direction: row.direction,
    state: row.state,
    referenceRows: row.reference_rows,
    productionRows: row.production_rows,
    details: row.details,
  }
}

export async function readHistograms(
  db: Executor,
  runId: string,
  feature: string,
): Promise<{ signal: string; dataType: string; histogram: MonitorHistogram }[]> {
  const rows = await db
    .selectFrom('monitor_histograms')
    .selectAll()
    .where('run_id', '=', runId)
    .where('feature', '=', feature)
    .orderBy('signal')
    .execute()
  return rows.map((row) => ({ signal: row.signal, dataType: row.data_type, histogram: row.histogram }))
}

/** A run as clients see it. */
export function presentRun(row: MonitorRunRow, signals: readonly MonitorSignalResult[] = row.signals): MonitorRun {
  const workspaceId = row.schedule_display_id.replace(/\/schedules\/[^/]+$/i, '')
  return {
    id: `${workspaceId}/monitorRuns/${row.id}`,
    name: row.id,
    type: monitorRunType,
    properties: {
      scheduleId: row.schedule_display_id,
      scheduleName: row.schedule_display_id.slice(row.schedule_display_id.lastIndexOf('/') + 1),
      status: row.status,
      verdict: row.verdict,
      trigger: row.trigger,
      requestedBy: row.requested_by.name,
      windowStart: row.window_start?.toISOString() ?? null,
      windowEnd: row.window_end.toISOString(),
      createdAt: row.created_at.toISOString(),
      startedAt: row.started_at?.toISOString() ?? null,
      endedAt: row.ended_at?.toISOString() ?? null,
      error: row.error,
      signals: [...signals],
    },
  }
}

/** The definition a run was asked for with. */
export function definitionOf(row: MonitorRunRow): MonitorDefinition {
  return monitorDefinitionSchema.parse(row.definition)
}
