/**
 * Sobol's low-discrepancy sequence with the direction numbers of Joe and Kuo (2008, "new-joe-kuo-6"), for the first 21 dimensions.
 * Each point depends on its index alone, so a restart goes on where it was.
 */

export const sobolDimensions = 21
const bits = 32

interface Direction {
  readonly degree: number
  readonly coefficients: number
  readonly initial: readonly number[]
}

/** `degree, coefficients, m…` of dimensions 2 to 21. */
const table: readonly (readonly number[])[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
]

/** Coordinate `dimension` (from 0) of point `index` (from 0), as a 32-bit fraction. */
export function sobolBits(index: number, dimension: number): number {
  const directions = directionsOf(dimension)
  let gray = (index ^ (index >>> 1)) >>> 0
  let value = 0
  for (let bit = 0; gray !== 0; bit += 1, gray >>>= 1) if ((gray & 1) === 1) value ^= directions[bit] ?? 0
  return value >>> 0
}

const known = new Map<number, readonly number[]>()

function directionsOf(dimension: number): readonly number[] {
  const found = known.get(dimension) ?? computeDirections(dimension)
  known.set(dimension, found)
  return found
}

function computeDirections(dimension: number): number[] {
  if (dimension === 0) return Array.from({ length: bits }, (_, bit) => (1 << (bits - 1 - bit)) >>> 0)
  const [degree = 1, coefficients = 0, ...initial] = table[dimension - 1] ?? []
  return recur({ degree, coefficients, initial })
}

function recur({ degree, coefficients, initial }: Direction): number[] {
  const numbers: number[] = []
  for (let bit = 0; bit < bits; bit += 1) {
    if (bit < degree) {
      numbers.push(((initial[bit] ?? 1) << (bits - 1 - bit)) >>> 0)
      continue
    }
    const before = numbers[bit - degree] ?? 0
    let next = (before ^ (before >>> degree)) >>> 0
    for (let term = 1; term < degree; term += 1) {
      if (((coefficients >>> (degree - 1 - term)) & 1) === 1) next ^= numbers[bit - term] ?? 0
    }
    numbers.push(next >>> 0)
  }
  return numbers
}
