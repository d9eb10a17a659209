import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  adjustForFalseDiscovery,
  areaUnderCurve,
  classificationScores,
  countInBins,
  dataTypeErrorRate,
  empiricalDistances,
  findMetric,
  jensenShannonDistance,
  jointBins,
  kolmogorovSmirnovPValue,
  metricRegistry,
  normalizedWassersteinDistance,
  nullValueRate,
  oneSampleChiSquaredTest,
  outOfBoundsRate,
  pearsonsChiSquaredTest,
  populationStabilityIndex,
  regressionErrors,
  twoSampleKolmogorovSmirnovTest,
} from './index.ts'
import { legacyNormals } from './legacy-normals.fixture.ts'

/** Relative tolerance, as the golden values are stated (numpy 2.4.6, scipy 1.17.1). */
function expectClose(actual: number, expected: number, tolerance: number): void {
  if (expected === 0 || !Number.isFinite(expected)) expect(actual).toBe(expected)
  else expect(Math.abs(actual - expected) / Math.abs(expected), `${actual} instead of ${expected}`).toBeLessThan(tolerance)
}

const hundred = [100, 100, 100, 100, 100, 100, 100, 100]
const categorical: readonly (readonly [string, number[], number[], number[]])[] = [
  [
    '1b',
    hundred,
    [97, 105, 99, 98, 101, 102, 97, 103],
    [0.0117225254523, 0.000747092595543, 0.613466334165, 0.998915918565, 0.305164600392, 0.999894015927],
  ],
  [
    '1c',
    hundred,
    [100, 110, 90, 100, 100, 100, 110, 100],
    [0.0251987245319, 0.0034536746264, 2.83950617284, 0.899441613539, 1.41663959281, 0.985056149937],
  ],
  [
    '1d',
    hundred,
    [10, 11, 9, 10, 10, 10, 11, 10],
    [0.0251987245319, 0.00291566137092, 0.283950617284, 0.99991696098, 0.2579408479, 0.999940073169],
  ],
  [
    '1e',
    hundred,
    [180, 80, 70, 170, 200, 10, 130, 100],
    [0.257323241115, 0.408753728159, 248.085106383, 7.08148298894e-50, 149.105277465, 6.25736555342e-29],
  ],
  [
    '1f',
    hundred,
    [100, 100, 100, 100, 100, 100, 100, 1],
    [0.246002567638, 0.479183272575, 97.8701854494, 2.96842650947e-18, 90.9054135888, 8.06253259092e-17],
  ],
  [
    '1g',
    hundred,
    [100, 100, 100, 0, 0, 100, 100, 1],
    [0.460745971264, 1.61048222315, 297.419161677, 2.15195816504e-60, 241.054659246, 2.21722511232e-48],
  ],
  ['1h', [...hundred, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2], [1, 2.53814864802, Infinity, 0, 804, 2.84867769543e-166]],
  ['2c', [100, 100], [92, 23], [0.270377528526, 0.399417310827, 41.4, 1.24057387071e-10, 27.6105182927, 1.4836975606e-7]],
  ['2d', [100, 100, 0, 0], [0, 0, 100, 100], [1, 9.04925591538, Infinity, 0, 400, 2.2138865931e-86]],
  ['3a', [3, 1, 4], [2, 3, 0], [0.610231154412, 0.747660664134, 11.5333333333, 0.00313017405714, 4.76125, 0.0924927514719]],
  ['new', [3, 1, 0], [3, 1, 1], [0.328681526931, 0.0742657693457, Infinity, 0, 0.9, 0.637628151622]],
]

describe('categorical golden values', () => {
  it.each(categorical)('%s', (_name, reference, production, [distance, index, statistic, p, contingency, contingencyP]) => {
    expectClose(jensenShannonDistance(reference, production), distance!, 1e-9)
    expectClose(populationStabilityIndex(reference, production), index!, 1e-9)
    const fit = oneSampleChiSquaredTest(reference, production)
    expectClose(fit.statistic, statistic!, 1e-8)
    expectClose(fit.pValue, p!, 1e-7)
    const test = pearsonsChiSquaredTest(reference, production)
    expectClose(test.statistic, contingency!, 1e-8)
    expectClose(test.pValue, contingencyP!, 1e-7)
  })
})

/** μ_x, μ_y, σ_x, σ_y, n, m → k, JS, PSI, NWD, D, p and the relative tolerance of p (0: log10 ± 0.5). */
const numerical: readonly (readonly [string, number[], number[], number])[] = [
  ['1b', [50, 50, 15, 15, 1e5, 1e4], [15, 0.0190094530589, 0.00174020979505, 0.023348795833, 0.01474, 0.0381152573936], 1e-4],
  ['1c', [50, 50, 15, 10, 1e5, 1e5], [18, 0.22247107561, 0.313815616714, 0.265608820935, 0.09873, 0], 0],
  ['2a', [50, 53, 15, 15, 1e5, 1e5], [18, 0.0844791909661, 0.0397135200056, 0.200532478992, 0.08081, 1.82150948951e-284], 0],
  ['2d', [50, 53, 15, 5, 1e5, 1e4], [15, 0.492516965187, 2.09432302359, 0.555378865372, 0.3144, 0], 0],
  ['3a', [50, 100, 15, 15, 1e5, 1e5], [18, 0.901903114188, 10.0595302079, 3.34220798321, 0.90548, 0], 0],
  ['4a', [50, 51, 0, 0, 9000, 9000], [15, 1, 18.179882119, 1000, 1, 0], 0],
  [
    '5b',
    [50, 50, 15, 15, 9000, 900],
    [11, 0.0475175434699, 0.00903921642407, 0.0538529511494, 0.0355555555556, 0.247392463652],
    1e-7,
  ],
  [
    '5c',
    [50, 50, 15, 10, 9000, 9000],
    [15, 0.226223788473, 0.315497419815, 0.265092258295, 0.102222222222, 2.44848802008e-41],
    1e-7,
  ],
  ['6a', [50, 51, 15, 15, 9000, 9000], [15, 0.028441566361, 0.00444464046053, 0.0676837556549, 0.032, 0.000198660328282], 1e-7],
  ['7a', [50, 52, 15, 15, 100, 100], [8, 0.0571013426239, 0.0134714297291, 0.131627471671, 0.12, 0.469506448504], 1e-7],
  ['7b', [50, 52, 15, 15, 20, 20], [6, 0.106000026664, 0.0358476572632, 0.152858018146, 0.25, 0.571336004934], 1e-7],
]

describe('numerical golden values', () => {
  const normals = legacyNormals(1e5)
  it.each(numerical)(
    '%s',
    (_name, [meanX, meanY, deviationX, deviationY, n, m], [bins, distance, index, wasserstein, gap, p], tolerance) => {
      const x = normals.slice(0, n).map((z) => meanX! + deviationX! * z)
      const y = normals.slice(0, m).map((z) => meanY! + deviationY! * z)
      const joint = jointBins(rangeOf(x), rangeOf(y))
      expect(joint.edges.length - 1).toBe(bins)
      const [a, b] = [countInBins(x, joint), countInBins(y, joint)]
      expectClose(jensenShannonDistance(a, b), distance!, 1e-9)
      expectClose(populationStabilityIndex(a, b), index!, 1e-9)
      expectClose(normalizedWassersteinDistance(x, y), wasserstein!, 1e-9)
      const test = twoSampleKolmogorovSmirnovTest(x, y)
      expectClose(test.statistic, gap!, 1e-9)
      if (tolerance > 0) expectClose(test.pValue, p!, tolerance)
      else if (p === 0) expect(test.pValue).toBeLessThan(1e-300)
      else expect(Math.abs(Math.log10(test.pValue) - Math.log10(p!))).toBeLessThan(0.5)
    },
  )

  it('T1: small samples need the exact p-value', () => {
    const x = [38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58]
    const y = [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8]
    const joint = jointBins(rangeOf(x), rangeOf(y))
    const [a, b] = [countInBins(x, joint), countInBins(y, joint)]
    expect([a, b]).toEqual([
      [2, 5, 0, 1],
      [7, 1, 0, 0],
    ])
    expectClose(jensenShannonDistance(a, b), 0.571293757161, 1e-9)
    expectClose(populationStabilityIndex(a, b), 0.832645216691, 1e-9)
    expectClose(empiricalDistances(x, y).area, 4.1625, 1e-9)
    expectClose(normalizedWassersteinDistance(x, y), 0.73077946151, 1e-8)
    expectClose(twoSampleKolmogorovSmirnovTest(x, y).pValue, 0.0870240870241, 1e-9)
  })

  it('T2: bins are left-closed, for 4 lies on an edge', () => {
    const [x, y] = [
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5, 6, 7],
    ]
    const joint = jointBins(rangeOf(x), rangeOf(y))
    const [a, b] = [countInBins(x, joint), countInBins(y, joint)]
    expectClose(jensenShannonDistance(a, b), 0.400140593166, 1e-9)
    expectClose(populationStabilityIndex(a, b), 0.177553501199, 1e-9)
    expectClose(normalizedWassersteinDistance(x, y), 0.632455532034, 1e-9)
    const test = twoSampleKolmogorovSmirnovTest(x, y)
    expectClose(test.statistic, 2 / 7, 1e-9)
    expectClose(test.pValue, 0.909090909091, 1e-9)
  })

  it('ties advance together', () => {
    const test = twoSampleKolmogorovSmirnovTest([1, 1, 1, 2], [1, 2, 2])
    expectClose(test.statistic, 0.416666666667, 1e-9)
    expectClose(test.pValue, 0.885714285714, 1e-9)
    expectClose(empiricalDistances([1, 1, 1, 2], [1, 2, 2]).area, 0.416666666667, 1e-9)
    expect(empiricalDistances([0, 1, 3], [5, 6, 8]).area).toBe(5)
  })

  it('exact p-values of given statistics', () => {
    expectClose(kolmogorovSmirnovPValue(0.4, 20, 20), 0.0810577116134, 1e-9)
    expectClose(kolmogorovSmirnovPValue(0.11, 100, 100), 0.583009061254, 1e-9)
    expectClose(kolmogorovSmirnovPValue(0.105, 1000, 700), 0.000208440661363, 1e-9)
  })

  it('constant columns', () => {
    const same = jointBins({ rows: 9, min: 5, max: 5 }, { rows: 4, min: 5, max: 5 })
    expect(same.edges).toEqual([4.975, 5.025])
    expect(jointBins({ rows: 9, min: 0, max: 0 }, { rows: 4, min: 0, max: 0 }).edges).toEqual([-0.005, 0.005])
    const [x, y] = [Array.from({ length: 9 }, () => 5), Array.from({ length: 4 }, () => 6)]
    const joint = jointBins(rangeOf(x), rangeOf(y))
    expect(joint.edges).toHaveLength(4)
    expectClose(populationStabilityIndex(countInBins(x, joint), countInBins(y, joint)), 2.6053588661, 1e-8)
    expectClose(normalizedWassersteinDistance(x, y), 1000, 1e-9)
    expectClose(twoSampleKolmogorovSmirnovTest(x, y).pValue, 2 / 715, 1e-9)
  })
})

describe('performance and the rest', () => {
  it('macro scores over the union of labels', () => {
    const scores = classificationScores([
      { truth: '0', prediction: '0', rows: 1 },
      { truth: '1', prediction: '0', rows: 1 },
      { truth: '0', prediction: '1', rows: 1 },
    ])
    expectClose(scores.accuracy, 1 / 3, 1e-12)
    expect([scores.precision, scores.recall, scores.f1]).toEqual([0.25, 0.25, 0.25])
  })

  it('area under the curve counts ties half', () => {
    expect(
      areaUnderCurve([
        { score: 0.1, positives: 0, negatives: 2 },
        { score: 0.9, positives: 2, negatives: 0 },
      ]),
    ).toBe(1)
    expect(areaUnderCurve([{ score: 0.5, positives: 3, negatives: 7 }])).toBe(0.5)
    expect(
      areaUnderCurve([
        { score: 0.4, positives: 1, negatives: 1 },
        { score: 0.1, positives: 0, negatives: 1 },
        { score: 0.35, positives: 1, negatives: 0 },
      ]),
    ).toBe(0.625)
    expect(areaUnderCurve([{ score: 0.5, positives: 3, negatives: 0 }])).toBeNaN()
  })

  it('regression errors', () => {
    const errors = regressionErrors({ rows: 3, absoluteErrors: 0.2, squaredErrors: 0.02 })
    expectClose(errors.mae, 0.0666666666667, 1e-9)
    expectClose(errors.rmse, 0.0816496580928, 1e-9)
    expectClose(errors.mse, 0.02 / 3, 1e-12)
  })

  it('rates have five decimals and need rows', () => {
    expect(nullValueRate(1, 3)).toBe(0.33333)
    expect(dataTypeErrorRate(0, 10)).toBe(0)
    expect(outOfBoundsRate(1, 0)).toBeNaN()
  })

  it('false discovery: golden adjustment', () => {
    expect(adjustForFalseDiscovery([0.01, 0.04, 0.03, 0.005])).toEqual([0.02, 0.04, 0.04, 0.02])
  })

  it('finds a metric by each spelling, and names are unique', () => {
    expect(findMetric('NormalizedWassersteinDistance')?.id).toBe('normalized_wasserstein_distance')
    expect(findMetric('chi_squared_test')?.id).toBe('pearsons_chi_squared_test')
    expect(findMetric('accuracy')?.direction).toBe('down')
    expect(findMetric('chebyshev')).toBeUndefined()
    const names = metricRegistry.flatMap((metric) => [metric.id, ...metric.aliases])
    expect(new Set(names).size).toBe(names.length)
  })
})

const counts = fc
  .array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 500 })), { minLength: 1, maxLength: 30 })
  .filter((pairs) => pairs.some(([a]) => a > 0) && pairs.some(([, b]) => b > 0))
  .map((pairs) => ({ a: pairs.map(([a]) => a), b: pairs.map(([, b]) => b) }))
const sample = fc.array(
  fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  { minLength: 1, maxLength: 60 },
)

describe('properties', () => {
  it('JS is a symmetric number from 0 to 1, and 0 for equal shares', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 9 }), ({ a, b }, factor) => {
        const distance = jensenShannonDistance(a, b)
        expect(distance).toBeGreaterThanOrEqual(0)
        expect(distance).toBeLessThanOrEqual(1)
        expect(jensenShannonDistance(b, a)).toBeCloseTo(distance, 12)
        expect(
          jensenShannonDistance(
            a,
            a.map((count) => count * factor),
          ),
        ).toBeLessThan(1e-7)
      }),
    )
  })

  it('PSI and the contingency statistic are symmetric, not negative, and 0 for the same counts', () => {
    fc.assert(
      fc.property(counts, ({ a, b }) => {
        for (const metric of [populationStabilityIndex, (x: number[], y: number[]) => pearsonsChiSquaredTest(x, y).statistic]) {
          expect(metric(a, b)).toBeGreaterThanOrEqual(0)
          expect(Math.abs(metric(a, b) - metric(b, a))).toBeLessThan(1e-9 * (1 + metric(a, b)))
          expect(metric(a, a)).toBe(0)
        }
        const { pValue } = pearsonsChiSquaredTest(a, b)
        expect(pValue).toBeGreaterThanOrEqual(0)
        expect(pValue).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('W1 of a shift is the shift, and the normalised distance does not depend on scale', () => {
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: 0, max: 64 }), (x, y, shift) => {
        expect(
          empiricalDistances(
            x,
            x.map((value) => value + shift),
          ).area,
        ).toBeCloseTo(shift, 9)
        expect(empiricalDistances(x, y).area).toBeCloseTo(empiricalDistances(y, x).area, 9)
        expect(normalizedWassersteinDistance(x, x)).toBe(0)
        fc.pre(new Set(x).size > 1)
        const scaled = normalizedWassersteinDistance(
          x.map((value) => value * 4),
          y.map((value) => value * 4),
        )
        expect(scaled).toBeCloseTo(normalizedWassersteinDistance(x, y), 9)
      }),
    )
  })

  it('KS lies in [0, 1], is symmetric, ignores order, and p falls as D grows', () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        const test = twoSampleKolmogorovSmirnovTest(x, y)
        const mirrored = twoSampleKolmogorovSmirnovTest(y, x.toReversed())
        expect(test.statistic).toBeGreaterThanOrEqual(0)
        expect(test.statistic).toBeLessThanOrEqual(1)
        expect(mirrored.statistic).toBeCloseTo(test.statistic, 12)
        expect(mirrored.pValue).toBeCloseTo(test.pValue, 9)
        expect(twoSampleKolmogorovSmirnovTest(x, x)).toEqual({ statistic: 0, pValue: 1 })
        expect(kolmogorovSmirnovPValue(Math.min(1, test.statistic + 0.2), x.length, y.length)).toBeLessThanOrEqual(
          test.pValue + 1e-12,
        )
      }),
    )
  })

  it('bins hold every value once', () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        const joint = jointBins(rangeOf(x), rangeOf(y))
        expect(countInBins(x, joint).reduce((sum, count) => sum + count, 0)).toBe(x.length)
        expect(countInBins(y, joint).reduce((sum, count) => sum + count, 0)).toBe(y.length)
      }),
    )
  })

  it('adjusted p-values are never below the raw ones', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (pValues) => {
        adjustForFalseDiscovery(pValues).forEach((adjusted, index) => {
          expect(adjusted).toBeGreaterThanOrEqual(pValues[index]!)
          expect(adjusted).toBeLessThanOrEqual(1)
        })
      }),
    )
  })
})

function rangeOf(values: readonly number[]) {
  return {
    rows: values.length,
    min: values.reduce((a, b) => Math.min(a, b), Infinity),
    max: values.reduce((a, b) => Math.max(a, b), -Infinity),
  }
}
