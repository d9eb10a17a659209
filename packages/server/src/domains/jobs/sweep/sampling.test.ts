import { describe, expect, it } from 'vitest'
import { inverseNormal } from './inverse-normal.ts'
import { parseSpace, writeParameter } from './parse-space.ts'
import { randomPoint, sobolPoint } from './random-point.ts'
import { samplePoint } from './sample.ts'
import { parametersAt, textOfValue, valueAt } from './search-space.ts'
import { sobolBits } from './sobol.ts'
import type { Distribution, SweepSettings, TrialView } from './types.ts'

const parse = (space: Record<string, unknown>) => parseSpace(space, 'searchSpace')

/** Mean and deviation of 4,000 values at evenly spread quantiles. */
function moments(distribution: Distribution, map: (value: number) => number = (value) => value) {
  const values = Array.from({ length: 4000 }, (_, i) => map(Number(valueAt(distribution, (i + 0.5) / 4000))))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return { mean, deviation, min: Math.min(...values), max: Math.max(...values) }
}

describe('search spaces', () => {
  it('read both spellings of every function and write them back', () => {
    const jobs: Record<string, unknown[]> = {
      a: ['choice', [[1, 'two', true]]],
      b: ['randint', [5]],
      c: ['uniform', [0.1, 0.9]],
      d: ['loguniform', [-6, -1]],
      e: ['quniform', [1, 10, 2]],
      f: ['qloguniform', [0, 3, 1]],
      g: ['normal', [0, 1]],
      h: ['lognormal', [0, 1]],
      i: ['qnormal', [10, 3, 1]],
      j: ['qlognormal', [0, 1, 0.5]],
    }
    const nodes = {
      a: { type: 'choice', values: [1, 'two', true] },
      b: { type: 'randint', upper: '5' },
      c: { type: 'uniform', min_value: 0.1, max_value: 0.9 },
      d: { type: 'loguniform', min_value: -6, max_value: -1 },
      e: { type: 'quniform', min_value: 1, max_value: 10, q: 2 },
      f: { type: 'qloguniform', min_value: 0, max_value: 3, q: 1 },
      g: { type: 'normal', mu: 0, sigma: 1 },
      h: { type: 'lognormal', mu: 0, sigma: 1 },
      i: { type: 'qnormal', mu: 10, sigma: 3, q: 1 },
      j: { type: 'qlognormal', mu: 0, sigma: 1, q: 0.5 },
    }
    expect(parse(nodes)).toEqual(parse(jobs))
    expect(Object.fromEntries(parse(jobs).map((parameter) => [parameter.name, writeParameter(parameter)]))).toEqual(jobs)
  })

  it('follow their distributions', () => {
    const [u, l, q, n, ln, r] = parse({
      u: ['uniform', [2, 4]],
      l: ['loguniform', [-6, -1]],
      q: ['quniform', [0, 1, 0.1]],
      n: ['normal', [5, 2]],
      ln: ['lognormal', [1, 0.5]],
      r: ['randint', [3]],
    }).map((parameter) => parameter.distribution)
    if (!u || !l || !q || !n || !ln || !r) throw new Error('a parameter is missing')
    expect(moments(u)).toMatchObject({ mean: expect.closeTo(3, 3), deviation: expect.closeTo(2 / Math.sqrt(12), 3) })
    expect(moments(l, Math.log)).toMatchObject({
      mean: expect.closeTo(-3.5, 3),
      min: expect.closeTo(-6, 2),
      max: expect.closeTo(-1, 2),
    })
    expect(moments(n)).toMatchObject({ mean: expect.closeTo(5, 3), deviation: expect.closeTo(2, 2) })
    expect(moments(ln, Math.log)).toMatchObject({ mean: expect.closeTo(1, 3), deviation: expect.closeTo(0.5, 2) })
    expect([valueAt(q, 0), valueAt(q, 0.31), valueAt(q, 0.999)]).toEqual([0, 0.3, 1])
    expect([valueAt(r, 0), valueAt(r, 0.5), valueAt(r, 0.999)]).toEqual([0, 1, 2])
    expect(inverseNormal(0.975)).toBeCloseTo(1.959963984540054, 12)
    expect(inverseNormal(1e-9)).toBeCloseTo(-5.997807015, 8)
    expect(textOfValue(true)).toBe('True')
    expect(textOfValue({ a: 1 })).toBe('{"a":1}')
  })
})

describe('samplers', () => {
  it("give Sobol's points, spread evenly in every pair of dimensions", () => {
    const fraction = (index: number, dimension: number) => sobolBits(index, dimension) / 2 ** 32
    // The first points of the sequence as published with its direction numbers.
    expect([0, 1, 2, 3, 4].map((index) => [0, 1, 2].map((dimension) => fraction(index, dimension)))).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
    ])
    for (let dimension = 0; dimension < 21; dimension += 1) {
      const cells = new Set(Array.from({ length: 64 }, (_, index) => Math.floor(fraction(index, dimension) * 64)))
      expect(cells.size, `dimension ${dimension}`).toBe(64)
    }
    const shifted = Array.from({ length: 16 }, (_, index) => sobolPoint('seed', index, 2))
    expect(new Set(shifted.map(([x = 0, y = 0]) => Math.floor(x * 4) * 4 + Math.floor(y * 4))).size).toBe(16)
  })

  it('repeat themselves with a seed and differ without', () => {
    expect(randomPoint('a', 3, 4)).toEqual(randomPoint('a', 3, 4))
    expect(randomPoint('a', 3, 4)).not.toEqual(randomPoint('b', 3, 4))
    expect(new Set(Array.from({ length: 500 }, (_, trial) => randomPoint('a', trial, 1)[0])).size).toBe(500)
  })

  it('find better places when they learn than by chance', () => {
    const parameters = parse({ x: ['uniform', [-5, 10]], y: ['uniform', [0, 15]], kind: ['choice', [['good', 'bad', 'worse']]] })
    // Branin's function, least 0.397887 at three places, and worse by choice.
    const branin = (values: Record<string, unknown>) => {
      const [x, y] = [Number(values['x']), Number(values['y'])]
      const base =
        (y - (5.1 / (4 * Math.PI ** 2)) * x ** 2 + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10
      return base + { good: 0, bad: 10, worse: 30 }[String(values['kind']) as 'good' | 'bad' | 'worse']
    }
    const search = (kind: 'random' | 'bayesian', seed: string) => {
      const settings: SweepSettings = {
        parameters,
        sampling: { kind, sobol: false },
        objective: { goal: 'minimize', metric: 'f' },
        maxTotalTrials: 40,
        maxConcurrentTrials: 1,
        timeoutMs: 1,
      }
      const trials: TrialView[] = []
      for (let number = 0; number < 40; number += 1) {
        const point = samplePoint(settings, seed, number, trials)
        trials.push({ number, point, status: 'Completed', objective: branin(parametersAt(parameters, point)) })
      }
      return Math.min(...trials.map((trial) => trial.objective ?? Infinity))
    }
    const learned = ['a', 'b'].map((seed) => search('bayesian', seed))
    const chance = ['a', 'b', 'c', 'd', 'e', 'f'].map((seed) => search('random', seed))
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.max(...learned), `learned ${learned.join(', ')}`).toBeLessThan(1.5)
    expect(mean(learned)).toBeLessThan(0.5 * mean(chance))
  })
})
