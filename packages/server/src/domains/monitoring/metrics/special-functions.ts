/** Functions of mathematical physics that the tests of §chi² need. Source: Abramowitz and Stegun 6.1, 6.5; Lanczos (1964), g = 7. */

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  const shifted = x - 1
  const base = shifted + 7.5
  let series = lanczos[0] ?? 0
  for (let index = 1; index < lanczos.length; index += 1) series += (lanczos[index] ?? 0) / (shifted + index)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(series)
}

/** Regularised upper incomplete gamma function Q(a, x), a > 0, x ≥ 0. Keeps its relative accuracy far out in the tail. */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  if (x === Infinity) return 0
  const factor = Math.exp(a * Math.log(x) - x - logGamma(a))
  return x < a + 1 ? 1 - factor * lowerSeries(a, x) : factor * upperFraction(a, x)
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let index = 1; index < 10_000 && Math.abs(term) > Math.abs(sum) * 1e-17; index += 1) {
    term *= x / (a + index)
    sum += term
  }
  return sum
}

/** Continued fraction by Lentz's method. */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let index = 1; index < 10_000; index += 1) {
    const an = -index * (index - a)
    b += 2
    d = 1 / guard(an * d + b, tiny)
    c = guard(b + an / c, tiny)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return fraction
}

function guard(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}
