import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareBars, prepareHistogram, prepareShares, prepareSparkline } from './prepare-bars.ts'
import { lookOf, prepareLines, smooth } from './prepare-lines.ts'

const series = (id: string, ...points: [number, number][]) => ({ id, label: id, points: points.map(([x, y]) => ({ x, y })) })

describe('lines', () => {
  it('lines series up on one axis, with gaps where one has no point', () => {
    const { columns } = prepareLines([series('a', [2, 5], [0, 1]), series('b', [1, 9])], { smoothing: 0, isLogScale: false })
    expect(columns).toEqual([
      [0, 1, 2],
      [1, null, 5],
      [null, 9, null],
    ])
  })

  it('counts what a log scale cannot show, and summarises raw values', () => {
    const prepared = prepareLines([series('a', [0, -1], [1, 0], [2, 4])], { smoothing: 0.9, isLogScale: false })
    expect(prepared.rows[0]).toMatchObject({ count: 3, last: 4, min: -1, max: 4 })
    expect(prepareLines([series('a', [0, -1], [1, 0], [2, 4])], { smoothing: 0, isLogScale: true }).hiddenCount).toBe(2)
    expect(prepareLines([series('a')], { smoothing: 0, isLogScale: false }).rows[0]).toMatchObject({
      count: 0,
      last: undefined,
      min: undefined,
    })
  })

  it('smooths within the range of the values and leaves constants alone', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 0.99, noNaN: true }), (ys, weight) => {
        const smoothed = smooth(
          ys.map((y, x) => ({ x, y })),
          weight,
        ).map(({ y }) => y)
        const slack = 1e-6 * (1 + Math.max(...ys.map(Math.abs)))
        for (const y of smoothed) {
          expect(y).toBeGreaterThanOrEqual(Math.min(...ys) - slack)
          expect(y).toBeLessThanOrEqual(Math.max(...ys) + slack)
        }
      }),
    )
    expect(
      smooth(
        [
          { x: 0, y: 3 },
          { x: 1, y: 3 },
        ],
        0.8,
      ).map(({ y }) => y),
    ).toEqual([expect.closeTo(3), expect.closeTo(3)])
  })

  it('tells the first 64 series apart by colour and dash together', () => {
    const looks = Array.from({ length: 64 }, (_, position) => JSON.stringify(lookOf(position)))
    expect(new Set(looks).size).toBe(64)
  })
})

describe('bars, shares, histograms, spark lines', () => {
  it('keeps zero on the axis', () => {
    expect(
      prepareBars([
        { label: 'a', value: 3 },
        { label: 'b', value: -1 },
      ]),
    ).toMatchObject([
      { startPercent: 25, lengthPercent: 75 },
      { startPercent: 0, lengthPercent: 25 },
    ])
    expect(prepareBars([{ label: 'a', value: 0 }])[0]?.lengthPercent).toBe(0)
  })

  it('leaves the rest of the traffic empty and never exceeds the whole', () => {
    expect(prepareShares([{ id: 'a', label: 'a', percent: 80 }]).restPercent).toBe(20)
    const over = prepareShares([
      { id: 'a', label: 'a', percent: 150 },
      { id: 'b', label: 'b', percent: 50 },
    ])
    expect(over.parts.map(({ percent }) => percent)).toEqual([75, 25])
  })

  it('compares windows of different size by share', () => {
    const { bins, topShare } = prepareHistogram({ labels: ['x', 'y'], reference: [10, 30], production: [1, 1] })
    expect(bins).toEqual([
      { label: 'x', reference: 0.25, production: 0.5 },
      { label: 'y', reference: 0.75, production: 0.5 },
    ])
    expect(topShare).toBe(0.75)
    expect(prepareHistogram({ labels: ['x'], reference: [0], production: [0] }).topShare).toBe(1)
  })

  it('draws nothing for fewer than two values', () => {
    expect(prepareSparkline([1], 10, 10)).toBe('')
    expect(prepareSparkline([0, 10], 100, 20)).toBe('M0.0 18.5L100.0 1.5')
  })
})
