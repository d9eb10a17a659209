import { expect, it } from 'vitest'
import type { JobNode, Trial } from './steps.ts'
import { summariseTrials } from './trials.ts'

const trial = (number: number, objective: number | null, status = 'Completed'): Trial => ({
  number,
  jobName: `sweep_${number}`,
  status,
  objective,
  parameters: {},
  stopReason: null,
})

const sweep = (goal: 'maximize' | 'minimize', trials: readonly Trial[]): JobNode => ({
  name: 'sweep',
  jobName: 'sweep',
  status: 'Running',
  phases: [],
  objective: { metric: 'auc', goal },
  trials,
})

it('finds the best of the trials that completed, and goes on past those that were stopped early', () => {
  const { best, ended, series } = summariseTrials(
    sweep('maximize', [
      trial(0, 0.5),
      trial(1, 0.9, 'Canceled'),
      trial(2, 0.7),
      trial(3, 0.6, 'Running'),
      trial(4, null, 'Queued'),
    ]),
  )
  expect(best?.number).toBe(2)
  expect(ended).toBe(3)
  expect(series[0]?.points.map(({ y }) => y)).toEqual([0.5, 0.9, 0.7, 0.6])
  expect(series[1]?.points.map(({ x, y }) => [x, y])).toEqual([
    [0, 0.5],
    [1, 0.5],
    [2, 0.7],
    [3, 0.7],
  ])
})

it('knows that less may be better', () => {
  expect(summariseTrials(sweep('minimize', [trial(0, 0.5), trial(1, 0.2), trial(2, 0.7)])).best?.number).toBe(1)
})
