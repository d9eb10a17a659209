import { upperGamma } from './special-functions.ts'

/**
 * Distances between two distributions given as counts over the same bins or categories.
 * Source: azureml-assets, data_drift_compute_metrics; the contingency form of chi² replaces its one-sample form, in which one
 * unseen category makes the statistic infinite.
 */

/** Rows per bin or category, at least one row in all. */
export type Counts = readonly number[]

/**
 * Jensen–Shannon distance: sqrt(½ Σ p·log2(p/m) + ½ Σ q·log2(q/m)) with m = (p+q)/2 and 0·log 0 = 0; no smoothing.
 * @returns 0 (same shares) to 1 (nothing in common); NaN when a side is empty
 */
export function jensenShannonDistance(reference: Counts, production: Counts): number {
  const [referenceRows, productionRows] = totals(reference, production)
  let sum = 0
  for (let index = 0; index < reference.length; index += 1) {
    const p = (reference[index] ?? 0) / referenceRows
    const q = (production[index] ?? 0) / productionRows
    if (p > 0) sum += p * Math.log2((2 * p) / (p + q))
    if (q > 0) sum += q * Math.log2((2 * q) / (p + q))
  }
  return Number.isNaN(sum) ? NaN : Math.min(1, Math.sqrt(Math.max(0, sum / 2)))
}

/**
 * Population stability index with add-one smoothing: p = (a+1)/(N+K), q = (b+1)/(M+K), Σ (q−p)·ln(q/p).
 * @returns 0 to infinity; depends on the number K of bins, so report K with it
 */
export function populationStabilityIndex(reference: Counts, production: Counts): number {
  const [referenceRows, productionRows] = totals(reference, production)
  const bins = reference.length
  let sum = 0
  for (let index = 0; index < bins; index += 1) {
    const p = ((reference[index] ?? 0) + 1) / (referenceRows + bins)
    const q = ((production[index] ?? 0) + 1) / (productionRows + bins)
    sum += (q - p) * Math.log(q / p)
  }
  return sum
}

export interface ChiSquared {
  readonly statistic: number
  readonly degreesOfFreedom: number
  /** Probability of such a difference, or a larger one, when both sides have one distribution. */
  readonly pValue: number
}

/** Pearson's chi² over the 2×K table of both sides, df = K−1, without Yates' correction. One category: p = 1. */
export function pearsonsChiSquaredTest(reference: Counts, production: Counts): ChiSquared {
  const [referenceRows, productionRows] = totals(reference, production)
  const all = referenceRows + productionRows
  let statistic = 0
  let categories = 0
  for (let index = 0; index < reference.length; index += 1) {
    const [a, b] = [reference[index] ?? 0, production[index] ?? 0]
    if (a + b === 0) continue
    categories += 1
    const expectedReference = ((a + b) * referenceRows) / all
    const expectedProduction = ((a + b) * productionRows) / all
    statistic += (a - expectedReference) ** 2 / expectedReference + (b - expectedProduction) ** 2 / expectedProduction
  }
  return withPValue(statistic, categories - 1)
}

/** Azure's form: how well production fits the reference shares, expected = p·M. An unseen category gives infinity and p = 0. */
export function oneSampleChiSquaredTest(reference: Counts, production: Counts): ChiSquared {
  const [referenceRows, productionRows] = totals(reference, production)
  let statistic = 0
  let categories = 0
  for (let index = 0; index < reference.length; index += 1) {
    const [a, b] = [reference[index] ?? 0, production[index] ?? 0]
    if (a + b === 0) continue
    categories += 1
    const expected = (a / referenceRows) * productionRows
    statistic += expected === 0 ? Infinity : (b - expected) ** 2 / expected
  }
  return withPValue(statistic, categories - 1)
}

function withPValue(statistic: number, degreesOfFreedom: number): ChiSquared {
  const pValue = degreesOfFreedom < 1 ? 1 : upperGamma(degreesOfFreedom / 2, statistic / 2)
  return { statistic, degreesOfFreedom, pValue }
}

function totals(reference: Counts, production: Counts): [number, number] {
  if (reference.length !== production.length)
    throw new Error(`Both sides need the same bins: ${reference.length} and ${production.length}.`)
  const sum = (counts: Counts): number => counts.reduce((total, count) => total + count, 0)
  return [sum(reference), sum(production)]
}
