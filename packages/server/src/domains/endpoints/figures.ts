import { invalid, type MetricSeries } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { emptyCounters, quantileMs, type MinuteCounters } from '../../gateway/metrics.ts'
import './tables.ts'

/** Figures of endpoints, from what the gateways counted. */

interface MinuteRow {
  readonly deployment: string
  readonly minuteMs: number
  readonly counters: MinuteCounters
}

/** Counters of an endpoint by deployment and minute, those of several gateways added up. */
async function readMinutes(ctx: Context, endpointId: string, range: { from: Date; to: Date }): Promise<MinuteRow[]> {
  const rows = await ctx.db.kysely
    .selectFrom('endpoint_metrics')
    .select(['deployment', 'minute', 'counters'])
    .where('endpoint_id', '=', endpointId.toLowerCase())
    .where('minute', '>=', range.from)
    .where('minute', '<=', range.to)
    .orderBy('minute')
    .execute()
  const merged = new Map<string, MinuteRow>()
  for (const row of rows) {
    const key = `${row.deployment}\n${row.minute.getTime()}`
    const known = merged.get(key) ?? {
      deployment: row.deployment,
      minuteMs: row.minute.getTime(),
      counters: emptyCounters(row.minute.getTime()),
    }
    addInto(known.counters, row.counters)
    merged.set(key, known)
  }
  return [...merged.values()]
}

const sums = [
  'requests',
  'success',
  'clientErrors',
  'serverErrors',
  'throttled',
  'timeouts',
  'modelErrors',
  'mirrored',
  'collectedRows',
  'droppedRows',
  'modelFailures',
  'latencySumMs',
  'maximumInFlight',
  'capacity',
] as const

function addInto(total: MinuteCounters, more: MinuteCounters): void {
  for (const name of sums) total[name] += more[name]
  for (const [index, count] of more.buckets.entries()) total.buckets[index] = (total.buckets[index] ?? 0) + count
}

interface Metric {
  readonly name: string
  readonly unit: string
  readonly read: (counters: MinuteCounters) => number | undefined
}

const latency = (quantile: number) => (counters: MinuteCounters) => quantileMs(counters.buckets, quantile)

/** Azure's names where Azure has the figure. */
const metrics: readonly Metric[] = [
  { name: 'RequestsPerMinute', unit: 'Count', read: (counters) => counters.requests },
  { name: 'RequestsPerMinute_2xx', unit: 'Count', read: (counters) => counters.success },
  { name: 'RequestsPerMinute_4xx', unit: 'Count', read: (counters) => counters.clientErrors },
  { name: 'RequestsPerMinute_5xx', unit: 'Count', read: (counters) => counters.serverErrors },
  {
    name: 'RequestLatency',
    unit: 'Milliseconds',
    read: (counters) => (counters.requests === 0 ? undefined : counters.latencySumMs / counters.requests),
  },
  { name: 'RequestLatency_P50', unit: 'Milliseconds', read: latency(0.5) },
  { name: 'RequestLatency_P90', unit: 'Milliseconds', read: latency(0.9) },
  { name: 'RequestLatency_P95', unit: 'Milliseconds', read: latency(0.95) },
  { name: 'RequestLatency_P99', unit: 'Milliseconds', read: latency(0.99) },
  { name: 'ConnectionsActive', unit: 'Count', read: (counters) => counters.maximumInFlight },
  { name: 'DeploymentCapacity', unit: 'Count', read: (counters) => counters.capacity },
  { name: 'DataCollectionEventsPerMinute', unit: 'Count', read: (counters) => counters.collectedRows },
  { name: 'DataCollectionErrorsPerMinute', unit: 'Count', read: (counters) => counters.droppedRows },
]

export async function endpointMetrics(
  ctx: Context,
  endpointId: string,
  query: { from?: string | undefined; to?: string | undefined },
) {
  const to = timeOf(query.to, ctx.clock.now(), 'to')
  const from = timeOf(query.from, new Date(to.getTime() - 3_600_000), 'from')
  if (to.getTime() - from.getTime() > 31 * 86_400_000) throw invalid('At most 31 days can be read at once.', { target: 'from' })
  const minutes = await readMinutes(ctx, endpointId, { from, to })
  const deployments = [...new Set(minutes.map((row) => row.deployment))].toSorted()
  const value: MetricSeries[] = deployments.flatMap((deployment) => {
    const own = minutes.filter((row) => row.deployment === deployment)
    return metrics.map(({ name, unit, read }) => ({
      name,
      unit,
      deployment,
      data: own.flatMap((row) => {
        const figure = read(row.counters)
        return figure === undefined ? [] : [{ timeStamp: new Date(row.minuteMs).toISOString(), value: figure }]
      }),
    }))
  })
  return { from: from.toISOString(), to: to.toISOString(), interval: 'PT1M', value }
}

function timeOf(text: string | undefined, fallback: Date, target: string): Date {
  if (text === undefined || text === '') return fallback
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw invalid(`'${text}' is no time; write it as 2026-01-31T12:00:00Z.`, { target })
  return time
}

export interface DeploymentFigures {
  readonly requests: number
  /** Share of requests that failed: 408, 424, 502, 504 and other 5xx, not the client's own mistakes. */
  readonly errorRate: number
  readonly p99Ms: number
}

/** Figures of deployments since a time (milliseconds since the epoch, rounded down to the minute); mirrored requests count for the shadow. */
export async function compareDeployments(
  ctx: Context,
  endpointId: string,
  deployments: readonly string[],
  sinceMs: number,
): Promise<Record<string, DeploymentFigures>> {
  const minutes = await readMinutes(ctx, endpointId, {
    from: new Date(Math.floor(sinceMs / 60_000) * 60_000),
    to: ctx.clock.now(),
  })
  return Object.fromEntries(
    deployments.map((deployment) => {
      const total = emptyCounters(0)
      for (const row of minutes) if (row.deployment === deployment) addInto(total, row.counters)
      // 502 and 504 are counted in serverErrors already; 408 and 424 are among the client errors.
      const failures = total.serverErrors + total.modelFailures
      return [
        deployment,
        {
          requests: total.requests,
          errorRate: total.requests === 0 ? 0 : failures / total.requests,
          p99Ms: quantileMs(total.buckets, 0.99) ?? 0,
        },
      ]
    }),
  )
}

export async function trafficLogs(
  ctx: Context,
  endpointId: string,
  query: { deployment?: string | undefined; before?: number | undefined; $top?: number | undefined },
) {
  const limit = query.$top ?? 100
  let select = ctx.db.kysely
    .selectFrom('endpoint_traffic_logs')
    .select(['id', 'entry'])
    .where('endpoint_id', '=', endpointId.toLowerCase())
  if (query.deployment !== undefined) select = select.where('deployment', '=', query.deployment)
  if (query.before !== undefined) select = select.where('id', '<', query.before)
  const rows = await select.orderBy('id', 'desc').limit(limit).execute()
  return {
    value: rows.map((row) => ({ id: row.id, ...row.entry })),
    nextBefore: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
  }
}
