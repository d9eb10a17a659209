import { expect, it } from 'vitest'
import type { JobNode, Trial } from './steps.ts'
import { dimensionsOf, lookOfTrial, objectiveId, sortTrials, stopOf, summariseTrials, toParallelRows } from './trials.ts'

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

const given = (number: number, parameters: Record<string, unknown>, more: Partial<Trial> = {}): Trial => ({
  ...trial(number, number / 10),
  parameters,
  ...more,
})

it('tells trials that a policy stopped, and why', () => {
  const stopped = given(0, {}, { status: 'Canceled', stopReason: 'median_stopping: worse than 0.5' })
  expect(stopOf(stopped)).toEqual({ policy: 'median stopping', reason: 'worse than 0.5' })
  expect(stopOf(given(1, {}))).toBeUndefined()
  expect([stopped, given(1, {}, { status: 'Failed' }), given(2, {})].map(lookOfTrial)).toEqual(['stopped', 'failed', 'plain'])
  expect(summariseTrials(sweep('minimize', [stopped, given(1, {}, { status: 'Running' })]))).toMatchObject({
    stopped: 1,
    running: 1,
    ended: 1,
  })
})

it('puts parameters and objective side by side, by their logarithm where they were drawn so', () => {
  const summary = summariseTrials(sweep('minimize', [given(0, { lr: 0.1, layers: [1, 2] }), given(1, { lr: 0.2, extra: true })]))
  expect(dimensionsOf(summary, { lr: ['loguniform', [-3, 0]], layers: ['choice', [[]]] })).toEqual([
    { id: 'lr', label: 'lr', isLog: true },
    { id: 'layers', label: 'layers', isLog: false },
    { id: 'extra', label: 'extra', isLog: undefined },
    { id: objectiveId, label: 'auc', isLog: false },
  ])
  expect(toParallelRows(summary).map(({ values }) => values)).toEqual([
    { lr: 0.1, layers: '[1,2]', extra: undefined, [objectiveId]: 0 },
    { lr: 0.2, layers: undefined, extra: 'true', [objectiveId]: 0.1 },
  ])
})

it('sorts by any column, with trials that have no value last both ways', () => {
  const trials = [given(0, { lr: 3 }), given(1, {}, { objective: null }), given(2, { lr: 1 })]
  const order = (column: string, isDescending: boolean) =>
    sortTrials(trials, { column, isDescending }).map(({ number }) => number)
  expect(order('number', true)).toEqual([2, 1, 0])
  expect(order('objective', false)).toEqual([0, 2, 1])
  expect(order('objective', true)).toEqual([2, 0, 1])
  expect(order('parameter.lr', false)).toEqual([2, 0, 1])
})
