import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeBrush, parseBrushes, prepareParallel, printBrushes, type ParallelRow } from './prepare-parallel.ts'
import { scaleOf } from './scale.ts'

const row = (id: string, values: ParallelRow['values']): ParallelRow => ({ id, label: id, values })
const rows = [
  row('a', { lr: 0.001, optimizer: 'sgd', loss: 0.5 }),
  row('b', { lr: 0.1, optimizer: 'adam', loss: 0.2 }),
  row('c', { lr: 0.01, optimizer: 'sgd', loss: undefined }),
]
const dimensions = [
  { id: 'lr', label: 'lr', isLog: true },
  { id: 'optimizer', label: 'optimizer' },
  { id: 'loss', label: 'loss' },
]

describe('parallel coordinates', () => {
  it('draws a line through every axis, broken where a row has no value', () => {
    const { axes, lines } = prepareParallel(dimensions, rows, { brushes: {}, isLessBetter: true })
    expect(axes.map(({ at, scale }) => [at, scale.kind])).toEqual([
      [0, 'log'],
      [0.5, 'category'],
      [1, 'linear'],
    ])
    expect(lines[1]?.points).toEqual([
      { x: 0, y: expect.closeTo(1) },
      { x: 0.5, y: 0 },
      { x: 1, y: 0 },
    ])
    expect(lines[2]?.points[2]).toBeUndefined()
    expect(lines.map(({ merit }) => merit)).toEqual([0, 1, undefined])
    expect(prepareParallel(dimensions, rows, { brushes: {}, isLessBetter: false }).lines[0]?.merit).toBe(1)
  })

  it('keeps the rows that pass all marks', () => {
    const inside = (brushes: Record<string, [number, number]>) =>
      prepareParallel(dimensions, rows, { brushes, isLessBetter: true }).lines.flatMap(({ row: { id }, isInside }) =>
        isInside ? [id] : [],
      )
    expect(inside({})).toEqual(['a', 'b', 'c'])
    expect(inside({ lr: [0.4, 1] })).toEqual(['b', 'c'])
    expect(inside({ lr: [0.4, 1], loss: [0, 0.5] })).toEqual(['b'])
    expect(inside({ unknown: [0, 1] })).toEqual(['a', 'b', 'c'])
  })

  it('has its marks in the URL, whatever the parameters are called', () => {
    const share = fc.integer({ min: 0, max: 999 })
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((id) => id !== '__proto__'),
        share,
        (id, from) => {
          const brushes = { [id]: [from / 1000, 1] as const }
          expect(parseBrushes(printBrushes(brushes))).toEqual(brushes)
        },
      ),
    )
    expect(printBrushes({})).toBeUndefined()
    expect(parseBrushes('lr:0.9-0.1,%:0-1,x:0-2,nothing')).toEqual({})
  })

  it('says what a mark holds in the terms of its axis', () => {
    const { axes } = prepareParallel(dimensions, rows, { brushes: {}, isLessBetter: true })
    const texts = axes.map((axis) => describeBrush(axis, [0, 0.5]))
    expect(texts).toEqual(['0.001 – 0.01', 'adam', '0.2 – 0.35'])
  })
})

describe('scales', () => {
  it('places every value between 0 and 1, and its ticks in order', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (values) => {
        const scale = scaleOf(values)
        for (const value of values) {
          const at = scale.place(value)
          if (scale.kind === 'log' && value <= 0) expect(at).toBeUndefined()
          else expect(at).toSatisfy((share: number) => share >= -1e-9 && share <= 1 + 1e-9)
        }
        const places = scale.ticks.map(({ at }) => at)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
        expect(scale.ticks.length).toBeLessThanOrEqual(12)
      }),
    )
  })

  it('takes the logarithm where values span powers of ten, and names what is no number', () => {
    expect(scaleOf([0.0001, 0.1]).kind).toBe('log')
    expect(scaleOf([0.0001, 0.1], false).kind).toBe('linear')
    expect(scaleOf([0, 1000]).kind).toBe('linear')
    expect(scaleOf(['b', 'a', 10, 9]).ticks.map(({ label }) => label)).toEqual(['9', '10', 'a', 'b'])
    expect(scaleOf([]).place(1)).toBeUndefined()
    expect(scaleOf([undefined, 3]).place(undefined)).toBeUndefined()
  })
})
