import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api.ts'
import type { Series } from '../../charts/prepare-lines.ts'
import { describeStatus } from '../../ui/status.ts'

/** The trials of an AutoML job as `GET …/jobs/{job}/leaderboard` gives them, the best first. */
export interface Leaderboard {
  readonly task: string
  readonly primaryMetric: string
  readonly goal: 'maximize' | 'minimize'
  readonly bestJobName: string | null
  /** What was asked for and is not honoured. */
  readonly notices: readonly string[]
  readonly explanation: Explanation | null
  readonly explanationJobName: string | null
  readonly value: readonly Entry[]
}

export interface Entry {
  /** Null while the trial has no score. */
  readonly rank: number | null
  readonly jobName: string
  readonly iteration: number
  readonly algorithm: string
  readonly preprocessor: string
  readonly score: number | null
  readonly status: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly startTime: string | null
  readonly endTime: string | null
}

/** How much the score of the best model drops when a column is shuffled. */
interface Explanation {
  readonly run: string
  readonly metric: string
  readonly baseline: number
  readonly rows: number
  readonly repeats: number
  readonly features: readonly { readonly name: string; readonly importance: number; readonly deviation: number }[]
}

export function leaderboardQuery(jobId: string, isLive: boolean) {
  return queryOptions({
    queryKey: ['arm', jobId, 'leaderboard'],
    queryFn: ({ signal }) => api.get<Leaderboard>(`${jobId}/leaderboard`, { signal }),
    refetchInterval: isLive ? 3_000 : false,
  })
}

/** What each trial reached and the best so far, in the order of the trials. */
export function progressOf({ value, primaryMetric, goal }: Leaderboard): readonly Series[] {
  const scored = value
    .flatMap(({ iteration, score }) => (score === null ? [] : [{ x: iteration, y: score }]))
    .toSorted((left, right) => left.x - right.x)
  const better = goal === 'minimize' ? Math.min : Math.max
  let best: number | undefined
  const bestSoFar = scored.map(({ x, y }) => ({ x, y: (best = best === undefined ? y : better(best, y)) }))
  return [
    { id: 'reached', label: primaryMetric, points: scored },
    { id: 'best', label: 'best so far', points: bestSoFar },
  ]
}

/** The parameters of a trial in one line, without what has columns of its own. */
export function printParameters(parameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(parameters)
    .filter(([name]) => name !== 'algorithm' && name !== 'preprocessor')
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(3)) : String(value)}`)
    .join(', ')
}

export const isLiveStatus = (status: string | undefined): boolean => describeStatus(status).isLive
