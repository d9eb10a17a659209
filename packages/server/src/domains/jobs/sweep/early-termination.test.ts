import { describe, expect, it } from 'vitest'
import { judgeTrials, type TrialProgress } from './early-termination.ts'
import type { EarlyTermination, Objective } from './types.ts'

const maximize: Objective = { goal: 'maximize', metric: 'acc' }
const minimize: Objective = { goal: 'minimize', metric: 'loss' }
const timing = { evaluationInterval: 1, delayEvaluation: 0 }
const trial = (number: number, values: number[], more: Partial<TrialProgress> = {}): TrialProgress => ({
  number,
  running: true,
  values,
  evaluatedInterval: 0,
  ...more,
})
const stopped = (policy: EarlyTermination, objective: Objective, trials: TrialProgress[]) =>
  judgeTrials(policy, objective, trials).flatMap((verdict) => (verdict.reason === undefined ? [] : [verdict.number]))

describe('early termination', () => {
  it('bandit by factor: 0.8 as the best allows 0.8 / 1.2', () => {
    const policy: EarlyTermination = { kind: 'bandit', ...timing, slackFactor: 0.2 }
    expect(stopped(policy, maximize, [trial(0, [0.8]), trial(1, [0.67]), trial(2, [0.66])])).toEqual([2])
    expect(stopped(policy, minimize, [trial(0, [1]), trial(1, [1.19]), trial(2, [1.21])])).toEqual([2])
    expect(stopped(policy, maximize, [trial(0, [-1]), trial(1, [-1.1]), trial(2, [-1.3])])).toEqual([2])
  })

  it('bandit by amount, against what the best had at the same interval', () => {
    const policy: EarlyTermination = { kind: 'bandit', ...timing, slackAmount: 0.1 }
    const best = trial(0, [0.5, 0.9], { running: false })
    expect(stopped(policy, maximize, [best, trial(1, [0.45]), trial(2, [0.39])])).toEqual([2])
  })

  it('median stopping: the best so far against the median of the averages', () => {
    const policy: EarlyTermination = { kind: 'medianStopping', ...timing }
    const others = [trial(0, [1, 3], { running: false }), trial(1, [2, 4], { running: false })]
    expect(stopped(policy, maximize, [...others, trial(2, [1, 1.5]), trial(3, [0, 3.5])])).toEqual([2])
    expect(stopped(policy, maximize, [trial(0, [0.1])])).toEqual([])
  })

  it('truncation: the worst part of those that came as far, finished ones if wanted', () => {
    const policy: EarlyTermination = { kind: 'truncationSelection', ...timing, percentage: 50, excludeFinishedJobs: false }
    const trials = [trial(0, [4], { running: false }), trial(1, [3]), trial(2, [2]), trial(3, [1])]
    expect(stopped(policy, maximize, trials)).toEqual([2, 3])
    expect(stopped({ ...policy, excludeFinishedJobs: true }, maximize, trials)).toEqual([3])
  })

  it('looks at each interval once, from the delay on, and at no trial that has logged nothing', () => {
    const policy: EarlyTermination = { kind: 'bandit', evaluationInterval: 2, delayEvaluation: 4, slackAmount: 0 }
    const best = trial(0, [9, 9, 9, 9, 9, 9], { running: false })
    expect(judgeTrials(policy, maximize, [best, trial(1, [1, 1, 1])])).toEqual([])
    expect(judgeTrials(policy, maximize, [best, trial(1, [1, 1, 1, 1, 1])])).toMatchObject([{ number: 1, interval: 4 }])
    expect(judgeTrials(policy, maximize, [best, trial(1, [1, 1, 1, 1, 1], { evaluatedInterval: 4 })])).toEqual([])
    expect(judgeTrials(policy, maximize, [best, trial(1, []), trial(2, [Number.NaN])])).toEqual([])
  })
})
