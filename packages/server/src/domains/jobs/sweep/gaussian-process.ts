/** Gaussian process regression with a Matérn 5/2 kernel, a length for each coordinate, and observation noise; small and exact. */

export type Row = readonly number[]

export interface Kernel {
  /** Length scale of each coordinate. */
  readonly lengths: readonly number[]
  /** Noise variance relative to the signal's. */
  readonly noise: number
}

export interface Model {
  readonly logLikelihood: number
  /** Mean and standard deviation of the standardised objective at a place. */
  predict(row: Row): { readonly mean: number; readonly deviation: number }
}

/** @param targets standardised: mean 0, deviation 1 */
export function fit(rows: readonly Row[], targets: readonly number[], kernel: Kernel): Model {
  const size = rows.length
  const lower = cholesky(
    rows.map((left, i) =>
      rows.slice(0, i + 1).map((right, j) => matern(left, right, kernel.lengths) + (i === j ? kernel.noise + 1e-9 : 0)),
    ),
  )
  const half = solveLower(lower, targets)
  const weights = solveUpper(lower, half)
  const logDeterminant = lower.reduce((sum, row, i) => sum + 2 * Math.log(row[i] ?? 1), 0)
  const quadratic = half.reduce((sum, value) => sum + value * value, 0)
  // The signal's variance has a closed form given everything else.
  const variance = Math.max(quadratic / size, 1e-12)
  return {
    logLikelihood: -0.5 * (size * Math.log(variance) + logDeterminant),
    predict(row) {
      const cross = rows.map((known) => matern(known, row, kernel.lengths))
      const mean = cross.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0)
      const explained = solveLower(lower, cross).reduce((sum, value) => sum + value * value, 0)
      return { mean, deviation: Math.sqrt(variance * Math.max(1 - explained, 1e-12)) }
    },
  }
}

function matern(left: Row, right: Row, lengths: readonly number[]): number {
  let square = 0
  for (let i = 0; i < left.length; i += 1) square += (((left[i] ?? 0) - (right[i] ?? 0)) / (lengths[i] ?? 1)) ** 2
  const scaled = Math.sqrt(5 * square)
  return (1 + scaled + (5 / 3) * square) * Math.exp(-scaled)
}

/** Lower triangle of A = L·Lᵀ; rows of A up to the diagonal. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower: number[][] = []
  for (const [i, entries] of matrix.entries()) {
    const row: number[] = []
    for (let j = 0; j <= i; j += 1) {
      const other = j === i ? row : (lower[j] ?? [])
      let sum = entries[j] ?? 0
      for (let k = 0; k < j; k += 1) sum -= (row[k] ?? 0) * (other[k] ?? 0)
      row.push(j === i ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (other[j] ?? 1))
    }
    lower.push(row)
  }
  return lower
}

function solveLower(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const solution: number[] = []
  for (const [i, row] of lower.entries()) {
    let sum = right[i] ?? 0
    for (let j = 0; j < i; j += 1) sum -= (row[j] ?? 0) * (solution[j] ?? 0)
    solution.push(sum / (row[i] ?? 1))
  }
  return solution
}

function solveUpper(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const solution = Array.from({ length: lower.length }, () => 0)
  for (let i = lower.length - 1; i >= 0; i -= 1) {
    let sum = right[i] ?? 0
    for (let j = i + 1; j < lower.length; j += 1) sum -= (lower[j]?.[i] ?? 0) * (solution[j] ?? 0)
    solution[i] = sum / (lower[i]?.[i] ?? 1)
  }
  return solution
}
