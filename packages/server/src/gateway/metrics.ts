/** Counters and latency histograms per endpoint and deployment, cut by minute. */

/** Upper bounds in milliseconds: powers of 2^(1/4) from 0.25 ms to about four minutes, so a percentile is exact to 19 %. */
export const latencyBoundsMs: readonly number[] = Array.from({ length: 80 }, (_, index) =>
  Number((0.25 * 2 ** (index / 4)).toFixed(3)),
)

export interface MinuteCounters {
  readonly minuteMs: number
  requests: number
  success: number
  clientErrors: number
  serverErrors: number
  throttled: number
  timeouts: number
  modelErrors: number
  /** 408 and 424: failures of the deployment with a status below 500. */
  modelFailures: number
  mirrored: number
  collectedRows: number
  droppedRows: number
  latencySumMs: number
  maximumInFlight: number
  capacity: number
  /** Count per bound of {@link latencyBoundsMs}; one more for what is above. */
  readonly buckets: number[]
}

export function emptyCounters(minuteMs: number): MinuteCounters {
  return {
    minuteMs,
    requests: 0,
    success: 0,
    clientErrors: 0,
    serverErrors: 0,
    throttled: 0,
    timeouts: 0,
    modelErrors: 0,
    modelFailures: 0,
    mirrored: 0,
    collectedRows: 0,
    droppedRows: 0,
    latencySumMs: 0,
    maximumInFlight: 0,
    capacity: 0,
    buckets: Array.from({ length: latencyBoundsMs.length + 1 }, () => 0),
  }
}

/** Index of the bucket of a latency. */
export function bucketOf(latencyMs: number): number {
  let low = 0
  let high = latencyBoundsMs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((latencyBoundsMs[middle] ?? 0) < latencyMs) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The latency below which `quantile` of the requests were answered, in milliseconds: the bucket's upper bound.
 * @param buckets counts as in {@link MinuteCounters.buckets}; @returns `undefined` without requests
 */
export function quantileMs(buckets: readonly number[], quantile: number): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let seen = 0
  for (const [index, count] of buckets.entries()) {
    seen += count
    if (seen >= quantile * total) return latencyBoundsMs[Math.min(index, latencyBoundsMs.length - 1)]
  }
  return latencyBoundsMs.at(-1)
}

export interface Observation {
  readonly endpointId: string
  readonly deployment: string
  readonly status: number
  readonly latencyMs: number
  readonly inFlight: number
  readonly capacity: number
  readonly mirrored?: boolean
}

/** Counts in memory; what changed since the last flush is handed out by {@link takeDirty}. */
export class GatewayMetrics {
  readonly #minutes = new Map<string, Map<number, MinuteCounters>>()
  readonly #totals = new Map<string, MinuteCounters>()
  readonly #dirty = new Set<string>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  observe(observation: Observation): void {
    for (const counters of this.#both(observation.endpointId, observation.deployment)) count(counters, observation)
  }

  collected(endpointId: string, deployment: string, rows: { collected: number; dropped: number }): void {
    for (const counters of this.#both(endpointId, deployment)) {
      counters.collectedRows += rows.collected
      counters.droppedRows += rows.dropped
    }
  }

  /** Minutes that changed since the last call; minutes older than two are forgotten afterwards. */
  takeDirty(): { endpointId: string; deployment: string; counters: MinuteCounters }[] {
    const oldest = Math.floor(this.#now() / 60_000) * 60_000 - 120_000
    const taken = [...this.#dirty].flatMap((key) => {
      const { endpointId, deployment } = namesOf(key)
      return [...(this.#minutes.get(key)?.values() ?? [])].map((counters) => ({ endpointId, deployment, counters }))
    })
    this.#dirty.clear()
    for (const minutes of this.#minutes.values()) for (const minute of minutes.keys()) if (minute < oldest) minutes.delete(minute)
    return taken
  }

  totals(): { endpointId: string; deployment: string; counters: MinuteCounters }[] {
    return [...this.#totals].map(([key, counters]) => ({ ...namesOf(key), counters }))
  }

  #both(endpointId: string, deployment: string): MinuteCounters[] {
    const key = `${endpointId}\n${deployment}`
    const minuteMs = Math.floor(this.#now() / 60_000) * 60_000
    const minutes = entryOf(this.#minutes, key, () => new Map<number, MinuteCounters>())
    this.#dirty.add(key)
    return [entryOf(minutes, minuteMs, () => emptyCounters(minuteMs)), entryOf(this.#totals, key, () => emptyCounters(0))]
  }
}

function namesOf(key: string): { endpointId: string; deployment: string } {
  const [endpointId = '', deployment = ''] = key.split('\n')
  return { endpointId, deployment }
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const created = create()
  map.set(key, created)
  return created
}

function count(counters: MinuteCounters, observation: Observation): void {
  const { status, latencyMs } = observation
  counters.requests += 1
  if (observation.mirrored === true) counters.mirrored += 1
  if (status < 400) counters.success += 1
  else if (status < 500) counters.clientErrors += 1
  else counters.serverErrors += 1
  if (status === 429) counters.throttled += 1
  if (status === 408 || status === 504) counters.timeouts += 1
  if (status === 424 || status === 502) counters.modelErrors += 1
  if (status === 408 || status === 424) counters.modelFailures += 1
  counters.latencySumMs += latencyMs
  counters.maximumInFlight = Math.max(counters.maximumInFlight, observation.inFlight)
  counters.capacity = observation.capacity
  const bucket = bucketOf(latencyMs)
  counters.buckets[bucket] = (counters.buckets[bucket] ?? 0) + 1
}
