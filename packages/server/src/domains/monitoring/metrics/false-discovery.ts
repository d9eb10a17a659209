/**
 * Benjamini–Hochberg adjustment of p-values: sorted ascending, adjusted_(i) = min over j ≥ i of min(1, m·p_(j)/j).
 * @returns adjusted values in the order given, none below its p-value
 */
export function adjustForFalseDiscovery(pValues: readonly number[]): number[] {
  const order = pValues.map((value, index) => ({ value, index })).sort((left, right) => right.value - left.value)
  const adjusted = pValues.map(() => 1)
  let smallest = 1
  order.forEach(({ value, index }, position) => {
    smallest = Math.min(smallest, (pValues.length * value) / (pValues.length - position))
    adjusted[index] = Math.max(value, smallest)
  })
  return adjusted
}
