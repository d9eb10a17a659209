import type { MonitorMetric, MonitorRun } from '@fulcrum/contract'
import { expect, it } from 'vitest'
import { byStrain, historyOf, strainOf, toPair } from './monitor.ts'

const metric = (given: Partial<MonitorMetric>): MonitorMetric => ({
  feature: 'hour',
  metric: 'psi',
  dataType: 'Numerical',
  value: 0.1,
  baselineValue: null,
  threshold: 0.2,
  direction: 'up',
  state: 'ok',
  referenceRows: 1,
  productionRows: 1,
  details: {},
  ...given,
})

it('measures how near a value is to its threshold, whichever way it points', () => {
  expect(strainOf(metric({ value: 0.4 }))).toBe(2)
  expect(strainOf(metric({ value: 0.9, threshold: 0.6, direction: 'down' }))).toBeCloseTo(0.667, 2)
  expect(strainOf(metric({ value: 0, threshold: 0.6, direction: 'down' }))).toBe(Number.POSITIVE_INFINITY)
  expect(strainOf(metric({ value: 0, threshold: 0 }))).toBe(0)
  expect(strainOf(metric({ value: null }))).toBeUndefined()
  const order = byStrain([metric({ feature: 'a', value: null }), metric({ feature: 'b' }), metric({ feature: 'c', value: 1 })])
  expect(order.map(({ feature }) => feature)).toEqual(['c', 'b', 'a'])
})

it('names bins by their edges and categories by themselves', () => {
  expect(toPair({ edges: [0, 1, 2], reference: [1, 2], production: [3, 4] }).labels).toEqual(['0 – 1', '1 – 2'])
  expect(toPair({ categories: ['AA', 'EV'], reference: [1, 2], production: [3, 4] }).labels).toEqual(['AA', 'EV'])
})

it('follows a metric over the runs with its threshold', () => {
  const run = (createdAt: string, value: number | null) =>
    ({ properties: { createdAt, signals: [{ name: 's', metrics: [metric({ value })] }] } }) as unknown as MonitorRun
  const series = historyOf([run('2026-01-02', 0.3), run('2026-01-01', 0.1), run('2026-01-03', null)], 's', 'hour', 'psi')
  expect(series.map(({ id, points }) => [id, points.map(({ y }) => y)])).toEqual([
    ['value', [0.1, 0.3]],
    ['threshold', [0.2, 0.2, 0.2]],
  ])
  expect(historyOf([], 's', 'hour', 'psi')).toEqual([])
})
