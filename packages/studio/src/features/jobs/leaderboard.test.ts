import { expect, it } from 'vitest'
import { printParameters, progressOf, type Entry, type Leaderboard } from './leaderboard.ts'

const entry = (iteration: number, score: number | null): Entry => ({
  rank: null,
  jobName: `search_${iteration}`,
  iteration,
  algorithm: 'LightGBM',
  preprocessor: '',
  score,
  status: 'Completed',
  parameters: {},
  startTime: null,
  endTime: null,
})

const board = (goal: 'maximize' | 'minimize', value: readonly Entry[]): Leaderboard => ({
  task: 'regression',
  primaryMetric: 'r2_score',
  goal,
  bestJobName: null,
  notices: [],
  explanation: null,
  explanationJobName: null,
  value,
})

it('draws what each trial reached in the order of trials, with the best so far', () => {
  const entries = [entry(2, 0.9), entry(0, 0.5), entry(3, null), entry(1, 0.4)]
  const [reached, best] = progressOf(board('maximize', entries))
  expect(reached?.points.map(({ x }) => x)).toEqual([0, 1, 2])
  expect(best?.points.map(({ y }) => y)).toEqual([0.5, 0.5, 0.9])
  expect(progressOf(board('minimize', entries))[1]?.points.map(({ y }) => y)).toEqual([0.5, 0.4, 0.4])
})

it('prints parameters in a line, without those that have columns', () => {
  expect(printParameters({ algorithm: 'SVM', preprocessor: 'MinMaxScaler', C: 1.23456, loss: 'log' })).toBe('C 1.23, loss log')
})
