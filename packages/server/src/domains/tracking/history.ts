import { sql } from 'kysely'
import { runNotFound } from './runs.ts'
import type { TrackingScope } from './scope.ts'

export interface HistoryPoint {
  readonly runId: string
  readonly value: number
  readonly timestampMs: number
  readonly step: number
}

export type HistoryPosition = readonly [step: number, timestampMs: number, value: string]

export const historyPageLimit = 25_000

/** Points of one metric, oldest step first. @returns at most `limit` points and where to go on */
export async function readHistory(
  scope: TrackingScope,
  query: { readonly runId: string; readonly key: string; readonly limit: number; readonly after?: HistoryPosition },
): Promise<{ points: HistoryPoint[]; next: HistoryPosition | undefined }> {
  const runKey = await runKeyOf(scope, query.runId)
  const after =
    query.after === undefined
      ? sql`true`
      : sql`(step, timestamp_ms, value) > (${query.after[0]}, ${query.after[1]}, ${query.after[2]}::float8)`
  const rows = await sql<{ value: number; timestamp_ms: number; step: number }>`
    select value, timestamp_ms, step from metric_points
    where run_key = ${runKey} and key_id = (select key_id from metric_keys where key = ${query.key}) and ${after}
    order by step, timestamp_ms, value limit ${query.limit + 1}`.execute(scope.ctx.db.kysely)
  const page = rows.rows.slice(0, query.limit)
  const last = page.at(-1)
  const next =
    rows.rows.length > query.limit && last !== undefined
      ? ([last.step, last.timestamp_ms, String(last.value)] as const)
      : undefined
  return {
    points: page.map((row) => ({ runId: query.runId, value: row.value, timestampMs: row.timestamp_ms, step: row.step })),
    next,
  }
}

export interface IntervalQuery {
  readonly runIds: readonly string[]
  readonly key: string
  readonly startStep?: number
  readonly endStep?: number
  /** Points at most for each run. */
  readonly maximum: number
}

/**
 * Points for a chart: at most `maximum` a run, chosen by position so that the first, the last, the smallest and the largest point of
 * each stretch stay; a spike is never lost. NaN is neither smallest nor largest.
 */
export async function readInterval(scope: TrackingScope, query: IntervalQuery): Promise<HistoryPoint[]> {
  const from = query.startStep === undefined ? sql`true` : sql`p.step >= ${query.startStep}`
  const to = query.endStep === undefined ? sql`true` : sql`p.step <= ${query.endStep}`
  const stretches = Math.max(1, Math.floor(query.maximum / 4))
  const rows = await sql<{ run_id: string; value: number; timestamp_ms: number; step: number }>`
    with numbered as (
      select r.run_id, p.step, p.timestamp_ms, p.value,
        row_number() over (partition by p.run_key order by p.step, p.timestamp_ms, p.value) - 1 as position,
        count(*) over (partition by p.run_key) as total
      from metric_points p join runs r on r.run_key = p.run_key
      where r.workspace_id = ${scope.workspaceId} and r.run_id = any(${[...query.runIds]}::text[])
        and p.key_id = (select key_id from metric_keys where key = ${query.key}) and ${from} and ${to}),
    stretched as (select *, position * ${stretches} / total as stretch from numbered where total > ${query.maximum}),
    ranked as (
      select *, row_number() over (partition by run_id, stretch order by position) as first,
        row_number() over (partition by run_id, stretch order by position desc) as last,
        row_number() over (partition by run_id, stretch order by value, position) as smallest,
        row_number() over (partition by run_id, stretch order by value = 'NaN', value desc, position) as largest
      from stretched)
    select run_id, value, timestamp_ms, step, position from numbered where total <= ${query.maximum}
    union all
    select run_id, value, timestamp_ms, step, position from ranked where first = 1 or last = 1 or smallest = 1 or largest = 1
    order by run_id, position`.execute(scope.ctx.db.kysely)
  const points = rows.rows.map((row) => ({ runId: row.run_id, value: row.value, timestampMs: row.timestamp_ms, step: row.step }))
  return query.maximum >= 4 ? points : keepFew(points, query.maximum)
}

/** Fewer than four points a run: the last, then also the first. */
function keepFew(points: readonly HistoryPoint[], maximum: number): HistoryPoint[] {
  const byRun = new Map<string, HistoryPoint[]>()
  for (const point of points) byRun.set(point.runId, [...(byRun.get(point.runId) ?? []), point])
  return [...byRun.values()].flatMap((ofRun) => {
    if (ofRun.length <= maximum) return ofRun
    const [first, last] = [ofRun[0], ofRun.at(-1)]
    return [...(maximum > 1 && first !== undefined ? [first] : []), ...(last === undefined ? [] : [last])]
  })
}

async function runKeyOf(scope: TrackingScope, runId: string): Promise<number> {
  const row = await scope.ctx.db.kysely
    .selectFrom('runs')
    .select('run_key')
    .where('workspace_id', '=', scope.workspaceId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
  if (row === undefined) throw runNotFound(runId)
  return row.run_key
}
