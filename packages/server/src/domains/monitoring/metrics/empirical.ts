import { kolmogorovSmirnovPValue } from './kolmogorov.ts'

/** Distances between the empirical distribution functions F and G of two samples. Source: SciPy's ks_2samp and wasserstein_distance. */

export interface EmpiricalDistances {
  /** D = max |F−G|, taken only where both sides have moved past equal values. */
  readonly maximumGap: number
  /** W1 = ∫ |F−G| dx. */
  readonly area: number
}

/** Both distances in one walk over the sorted values; each sample holds at least one finite value. */
export function empiricalDistances(reference: readonly number[], production: readonly number[]): EmpiricalDistances {
  const x = Float64Array.from(reference).sort()
  const y = Float64Array.from(production).sort()
  let [i, j, maximumGap, area] = [0, 0, 0, 0]
  while (i < x.length || j < y.length) {
    const at = Math.min(x[i] ?? Infinity, y[j] ?? Infinity)
    while (i < x.length && x[i] === at) i += 1
    while (j < y.length && y[j] === at) j += 1
    const gap = Math.abs(i / x.length - j / y.length)
    maximumGap = Math.max(maximumGap, gap)
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity)
    if (next !== Infinity) area += gap * (next - at)
  }
  return { maximumGap, area }
}

/** The smallest divisor of the normalised distance: a constant reference has no spread to measure in. */
const smallestSpread = 0.001

/**
 * W1 in units of the reference's standard deviation: area / max(s_ref, 0.001).
 * @param area ∫ |F−G| dx
 * @param referenceDeviation sample standard deviation of the reference (ddof 1); undefined for a single row
 */
export function normaliseWasserstein(area: number, referenceDeviation: number | undefined): number {
  const deviation = referenceDeviation === undefined || Number.isNaN(referenceDeviation) ? 0 : referenceDeviation
  return area / Math.max(deviation, smallestSpread)
}

/** Normalised Wasserstein distance of two samples. @returns 0 to infinity, unchanged when both sides are scaled alike */
export function normalizedWassersteinDistance(reference: readonly number[], production: readonly number[]): number {
  return normaliseWasserstein(empiricalDistances(reference, production).area, sampleDeviation(reference))
}

export interface KolmogorovSmirnov {
  readonly statistic: number
  readonly pValue: number
}

/** Two-sided two-sample Kolmogorov–Smirnov test. */
export function twoSampleKolmogorovSmirnovTest(reference: readonly number[], production: readonly number[]): KolmogorovSmirnov {
  const { maximumGap } = empiricalDistances(reference, production)
  return { statistic: maximumGap, pValue: kolmogorovSmirnovPValue(maximumGap, reference.length, production.length) }
}

/** Standard deviation with ddof 1 (Welford); `undefined` below two values. */
function sampleDeviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined
  let mean = 0
  let squares = 0
  values.forEach((value, index) => {
    const distance = value - mean
    mean += distance / (index + 1)
    squares += distance * (value - mean)
  })
  return Math.sqrt(squares / (values.length - 1))
}
