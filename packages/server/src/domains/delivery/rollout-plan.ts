import type { RolloutProperties } from '@fulcrum/contract'

/** Pure planner of a rollout: mirror first, then step by step, back at the first breach. */

export interface DeploymentFigures {
  readonly requests: number
  /** Share of requests answered with an error, 0–1. */
  readonly errorRate: number
  readonly p99Ms: number
}

export interface RolloutPosition {
  /** −1 while mirroring, else the index of the present step. */
  readonly step: number
  readonly startedAtMs: number
}

export interface StepFigures {
  readonly current: DeploymentFigures
  readonly candidate: DeploymentFigures
}

export type RolloutMove =
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'advance'; readonly step: number; readonly percent: number; readonly reason: string }
  | { readonly kind: 'finish'; readonly reason: string }
  | { readonly kind: 'rollback'; readonly reason: string }

export function planRollout(
  properties: RolloutProperties,
  position: RolloutPosition,
  figures: StepFigures,
  nowMs: number,
): RolloutMove {
  const { current, candidate } = figures
  const breach = breachOf(properties, figures)
  const enough = candidate.requests >= properties.minimumRequests
  if (breach !== undefined && (enough || candidate.requests >= 20)) return { kind: 'rollback', reason: breach }
  if (!enough) {
    const waitedSeconds = (nowMs - position.startedAtMs) / 1000
    return waitedSeconds > properties.stepTimeoutSeconds
      ? {
          kind: 'rollback',
          reason: `only ${candidate.requests} of ${properties.minimumRequests} requests within ${properties.stepTimeoutSeconds} s`,
        }
      : { kind: 'wait', reason: `${candidate.requests} of ${properties.minimumRequests} requests` }
  }
  const reason = `${candidate.requests} requests, errors ${percent(candidate.errorRate)} (before ${percent(current.errorRate)}), p99 ${candidate.p99Ms.toFixed(0)} ms (before ${current.p99Ms.toFixed(0)} ms)`
  const next = position.step + 1
  const nextPercent = properties.steps[next]
  return nextPercent === undefined ? { kind: 'finish', reason } : { kind: 'advance', step: next, percent: nextPercent, reason }
}

function breachOf(properties: RolloutProperties, { current, candidate }: StepFigures): string | undefined {
  if (candidate.errorRate > current.errorRate + properties.maximumErrorRateIncrease) {
    return `error rate ${percent(candidate.errorRate)} against ${percent(current.errorRate)} before`
  }
  const allowedMs = Math.max(current.p99Ms * properties.maximumLatencyRatio, properties.minimumP99Ms)
  if (current.requests > 0 && candidate.p99Ms > allowedMs)
    return `p99 latency ${candidate.p99Ms.toFixed(0)} ms, more than ${allowedMs.toFixed(0)} ms`
  return undefined
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
