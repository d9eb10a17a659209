import type { EarlyTermination, Objective } from './types.ts'

/** Which running trials a policy stops. Pure. */

export interface TrialProgress {
  readonly number: number
  readonly running: boolean
  /** Values of the primary metric in the order of logging; each is one interval. */
  readonly values: readonly number[]
  /** The last interval at which the policy looked at it. */
  readonly evaluatedInterval: number
}

export interface Verdict {
  readonly number: number
  readonly interval: number
  /** Why it stops; absent = it goes on. */
  readonly reason?: string
}

/** One verdict for each running trial that has reached an interval at which the policy has not looked yet. */
export function judgeTrials(policy: EarlyTermination, objective: Objective, trials: readonly TrialProgress[]): Verdict[] {
  const sign = objective.goal === 'maximize' ? 1 : -1
  const scored = trials.map((trial) => ({
    ...trial,
    values: trial.values.filter((value) => !Number.isNaN(value)).map((value) => sign * value),
  }))
  return scored.flatMap((trial): Verdict[] => {
    if (!trial.running) return []
    const interval = Math.floor(trial.values.length / policy.evaluationInterval) * policy.evaluationInterval
    if (interval === 0 || interval < policy.delayEvaluation || interval <= trial.evaluatedInterval) return []
    const reason = reasonToStop(policy, trial, scored, interval, sign)
    return [{ number: trial.number, interval, ...(reason === undefined ? {} : { reason }) }]
  })
}

function reasonToStop(
  policy: EarlyTermination,
  trial: TrialProgress,
  all: readonly TrialProgress[],
  interval: number,
  sign: number,
): string | undefined {
  const own = bestUpTo(trial.values, interval)
  const shown = (score: number) => String(Number((sign * score).toPrecision(6)))
  switch (policy.kind) {
    case 'bandit': {
      const best = Math.max(...all.filter((other) => other.values.length > 0).map((other) => bestUpTo(other.values, interval)))
      const allowed = allowedScore(policy, best, sign)
      return own < allowed
        ? `bandit: ${shown(own)} after ${interval} values, the best trial has ${shown(best)} and ${shown(allowed)} is allowed`
        : undefined
    }
    case 'medianStopping': {
      const averages = all.filter((other) => other.values.length > 0).map((other) => mean(other.values.slice(0, interval)))
      const middle = median(averages)
      return own < middle
        ? `median stopping: ${shown(own)} after ${interval} values, the median of all averages is ${shown(middle)}`
        : undefined
    }
    case 'truncationSelection': {
      const peers = all.filter((other) => other.values.length >= interval && (!policy.excludeFinishedJobs || other.running))
      const ranked = peers.toSorted(
        (left, right) => bestUpTo(left.values, interval) - bestUpTo(right.values, interval) || right.number - left.number,
      )
      const cut = Math.floor((policy.percentage / 100) * ranked.length)
      const place = ranked.findIndex((other) => other.number === trial.number)
      return place < cut
        ? `truncation: among the worst ${policy.percentage} % of ${ranked.length} trials after ${interval} values`
        : undefined
    }
  }
}

/**
 * Scores are negated metrics when minimising. Maximise: best / (1 + f); minimise: best · (1 + f). A metric below zero keeps the same
 * distance from its own size, else slack would make the rule stricter.
 */
function allowedScore(policy: Extract<EarlyTermination, { kind: 'bandit' }>, best: number, sign: number): number {
  if (policy.slackAmount !== undefined) return best - policy.slackAmount
  const factor = policy.slackFactor ?? 0
  const share = sign > 0 ? factor / (1 + factor) : factor
  return best - Math.abs(best) * share
}

function bestUpTo(values: readonly number[], interval: number): number {
  return Math.max(...values.slice(0, interval))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
