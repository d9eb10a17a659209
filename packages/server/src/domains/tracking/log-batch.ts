import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Tx } from '../../kernel/db/database.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendModelMetrics } from './logged-models.ts'
import { checkKey, invalidParameter, limits, truncate } from './limits.ts'
import { encodeDouble, isLater, type MetricPoint } from './metric-values.ts'
import { refuseInactive, runNameTag, runNotFound } from './runs.ts'
import type { TrackingScope } from './scope.ts'
import type { LatestMetric } from './tables.ts'

export interface KeyValue {
  readonly key: string
  readonly value: string
}

export interface LogBatch {
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

interface LockedRun {
  readonly run_key: number
  readonly lifecycle_stage: string
  readonly params: Record<string, string>
  readonly metrics: Record<string, LatestMetric>
}

/** Appends metric points, params and tags to a run; params never change, repeated points cost nothing. */
export async function logBatch(scope: TrackingScope, runId: string, batch: LogBatch): Promise<void> {
  checkBatch(batch)
  const numbered = { ...batch, keyIds: await metricKeyIds(scope.ctx, batch.metrics) }
  await scope.ctx.db.transaction((tx) => logBatchIn(tx, scope, runId, numbered))
}

interface NumberedBatch extends LogBatch {
  readonly keyIds: ReadonlyMap<string, number>
}

async function logBatchIn(tx: Tx, scope: TrackingScope, runId: string, batch: NumberedBatch): Promise<void> {
  // Losing the last instant of metrics in a power cut is acceptable; losing a param or a tag is not.
  if (batch.params.length === 0 && batch.tags.length === 0) await sql`set local synchronous_commit = off`.execute(tx)
  const run = await lockRun(tx, scope, runId, batch)
  refuseInactive(runId, run.lifecycle_stage)
  const params = newParams(runId, run, batch.params)
  const latest = latestOf(run, batch.metrics)
  const tags = Object.fromEntries(batch.tags.map(({ key, value }) => [key, truncate(value, limits.tagValueLength)]))
  if (batch.metrics.length > 0) await insertPoints(tx, run.run_key, batch)
  await mergeInto(tx, run.run_key, { params, metrics: latest, tags })
  const ofModels = batch.metrics.filter((metric) => metric.modelId !== undefined && metric.modelId !== '')
  if (ofModels.length > 0) await appendModelMetrics(tx, scope, runId, ofModels)
}

async function lockRun(tx: Executor, scope: TrackingScope, runId: string, batch: LogBatch): Promise<LockedRun> {
  const paramKeys = batch.params.map(({ key }) => key)
  const metricKeys = [...new Set(batch.metrics.map(({ key }) => key))]
  const found = await sql<LockedRun>`select run_key, lifecycle_stage,
      (select coalesce(jsonb_object_agg(k, r.params -> k), '{}') from unnest(${paramKeys}::text[]) k where r.params ? k) as params,
      (select coalesce(jsonb_object_agg(k, r.metrics -> k), '{}') from unnest(${metricKeys}::text[]) k where r.metrics ? k) as metrics
    from runs r where workspace_id = ${scope.workspaceId} and run_id = ${runId} for update`.execute(tx)
  const run = found.rows[0]
  if (run === undefined) throw runNotFound(runId)
  return run
}

function newParams(runId: string, run: LockedRun, params: readonly KeyValue[]): Record<string, string> {
  const added: Record<string, string> = {}
  for (const { key, value } of params) {
    const fresh = truncate(value, limits.paramValueLength)
    const old = run.params[key]
    if (old === undefined) added[key] = fresh
    else if (old !== fresh) {
      throw invalidParameter(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for run ID='${runId}'. Attempted logging new value '${fresh}'.`,
        key,
      )
    }
  }
  return added
}

/** The latest point of a key is the maximum by step, timestamp, value. */
function latestOf(run: LockedRun, points: readonly MetricPoint[]): Record<string, LatestMetric> {
  const latest = new Map<string, LatestMetric>()
  for (const point of points) {
    const known = latest.get(point.key) ?? run.metrics[point.key]
    const candidate: LatestMetric = [encodeDouble(point.value), point.timestampMs, point.step]
    if (known === undefined || isLater(candidate, known)) latest.set(point.key, candidate)
  }
  return Object.fromEntries(latest)
}

async function mergeInto(
  tx: Executor,
  runKey: number,
  parts: Record<'params' | 'metrics' | 'tags', Record<string, unknown>>,
): Promise<void> {
  const changes = (['params', 'metrics', 'tags'] as const)
    .filter((part) => Object.keys(parts[part]).length > 0)
    .map((part) => sql`${sql.ref(part)} = ${sql.ref(part)} || ${JSON.stringify(parts[part])}::jsonb`)
  const name = parts.tags[runNameTag]
  if (typeof name === 'string') changes.push(sql`run_name = ${name}`)
  if (changes.length > 0) await sql`update runs set ${sql.join(changes)} where run_key = ${runKey}`.execute(tx)
}

async function insertPoints(tx: Executor, runKey: number, { metrics: points, keyIds: ids }: NumberedBatch): Promise<void> {
  const column = <Value>(pick: (point: MetricPoint) => Value): Value[] => points.map(pick)
  await sql`insert into metric_points (run_key, key_id, step, timestamp_ms, value)
    select ${runKey}, * from unnest(${column(({ key }) => ids.get(key) ?? 0)}::int[], ${column(({ step }) => step)}::bigint[],
      ${column(({ timestampMs }) => timestampMs)}::bigint[], ${column(({ value }) => String(value))}::float8[])
    on conflict do nothing`.execute(tx)
}

const caches = new WeakMap<Context, Map<string, number>>()
const cacheSize = 50_000

/** Numbers of metric names, committed before the batch: a rolled-back batch must not leave a number in the cache that is not stored. */
async function metricKeyIds(ctx: Context, points: readonly MetricPoint[]): Promise<ReadonlyMap<string, number>> {
  const cache = caches.get(ctx) ?? new Map<string, number>()
  caches.set(ctx, cache)
  if (cache.size > cacheSize) cache.clear()
  const wanted = [...new Set(points.map(({ key }) => key))]
  const missing = wanted.filter((key) => !cache.has(key))
  const numbers = new Map(wanted.flatMap((key): [string, number][] => [[key, cache.get(key) ?? 0]]))
  if (missing.length === 0) return numbers
  await sql`insert into metric_keys (key) select k from unnest(${missing}::text[]) k where not exists (select 1 from metric_keys m where m.key = k)
    order by k on conflict do nothing`.execute(ctx.db.kysely)
  const rows = await ctx.db.kysely.selectFrom('metric_keys').selectAll().where('key', 'in', missing).execute()
  for (const { key, key_id } of rows) {
    cache.set(key, key_id)
    numbers.set(key, key_id)
  }
  return numbers
}

function checkBatch({ metrics, params, tags }: LogBatch): void {
  refuseMany('metrics', metrics.length, limits.batchMetrics)
  refuseMany('params', params.length, limits.batchParams)
  refuseMany('tags', tags.length, limits.batchTags)
  const total = metrics.length + params.length + tags.length
  if (total > limits.batchTotal) {
    throw invalidParameter(
      `A batch logging request can contain at most ${limits.batchTotal} metrics, params, and tags in total. Got ${total}.`,
    )
  }
  metrics.forEach(({ key }, index) => checkKey(key, 'metric', `metrics[${index}].name`))
  params.forEach(({ key }, index) => checkKey(key, 'parameter', `params[${index}].key`))
  tags.forEach(({ key }, index) => checkKey(key, 'tag', `tags[${index}].key`))
  const duplicates = params.map(({ key }) => key).filter((key, index, keys) => keys.indexOf(key) !== index)
  if (duplicates.length > 0) {
    throw invalidParameter(
      `Duplicate parameter keys have been submitted: ['${duplicates[0]}']. Please ensure the request contains only one param value per param key.`,
      duplicates[0],
    )
  }
}

function refuseMany(what: string, count: number, limit: number): void {
  if (count > limit)
    throw invalidParameter(
      `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
      what,
    )
}
