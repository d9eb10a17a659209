export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((left, right) => left - right)[Math.floor(part * (values.length - 1))] ?? Number.NaN
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
