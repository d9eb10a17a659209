/**
 * Equal-width bins over the joint range of reference and production.
 * Source: azureml-assets, model_monitor_compute_histogram_buckets (Sturges' rule on the smaller side, left-closed bins).
 */

/** `edges.length − 1` bins; bin i holds edges[i] ≤ x < edges[i+1], the last one its upper edge as well. */
export interface Bins {
  readonly edges: readonly number[]
}

export interface Range {
  readonly rows: number
  readonly min: number
  readonly max: number
}

/** k = ceil(log2(N_s) + 1), N_s = the smaller number of rows. */
export function binCount(referenceRows: number, productionRows: number): number {
  return Math.max(1, Math.ceil(Math.log2(Math.min(referenceRows, productionRows)) + 1))
}

/**
 * Bins for two samples of at least one row each. A single value v gets one bin [v−δ, v+δ] with δ = 0.005·|v|, or 0.005 when v = 0.
 */
export function jointBins(reference: Range, production: Range): Bins {
  const min = Math.min(reference.min, production.min)
  const max = Math.max(reference.max, production.max)
  if (min === max) {
    const margin = min === 0 ? 0.005 : 0.005 * Math.abs(min)
    return { edges: [min - margin, min + margin] }
  }
  const count = binCount(reference.rows, production.rows)
  const width = (max - min) / count
  const edges = Array.from({ length: count }, (_, index) => min + index * width)
  return { edges: [...edges, max] }
}

/** How many of the values each bin holds; values outside of the edges are not counted. */
export function countInBins(values: readonly number[], { edges }: Bins): number[] {
  const counts = Array.from({ length: edges.length - 1 }, () => 0)
  for (const value of values) {
    const bin = binOf(value, edges)
    if (bin !== undefined) counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}

function binOf(value: number, edges: readonly number[]): number | undefined {
  const last = edges.length - 1
  if (!(value >= (edges[0] ?? Infinity)) || value > (edges[last] ?? -Infinity)) return undefined
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (value >= (edges[middle] ?? Infinity)) low = middle
    else high = middle
  }
  return low
}
