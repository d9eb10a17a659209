import { formatNumber } from '../ui/format.ts'

/** A value of a parameter or a measured one; what a trial lacks is undefined. */
export type ScaleValue = number | string | undefined

/** Where values stand on an axis: 0 at its lower end, 1 at its upper one. */
export interface Scale {
  readonly kind: 'linear' | 'log' | 'category'
  /** @returns undefined for a value that has no place here: absent, not finite, or below zero on a log scale */
  place(value: ScaleValue): number | undefined
  /** Few, round, in ascending order. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
  /** Of numbers: the least and the greatest. */
  readonly range: readonly [number, number] | undefined
}

/**
 * The scale that fits values: numbers on a line, or by their logarithm where they are asked for so or span more than two
 * powers of ten; anything else as categories in the order of their names.
 */
export function scaleOf(values: readonly ScaleValue[], isLog?: boolean): Scale {
  const present = values.filter((value) => value !== undefined)
  const numbers = present.filter((value) => typeof value === 'number').filter(Number.isFinite)
  if (present.length === 0 || numbers.length < present.filter((value) => !Number.isNaN(value)).length)
    return categoryScale([...new Set(present.map(String))].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })))
  const low = numbers.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const high = numbers.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return low > 0 && (isLog ?? high / low > 100) ? logScale(low, high) : linearScale(low, high)
}

function categoryScale(names: readonly string[]): Scale {
  const at = (position: number) => (names.length === 1 ? 0.5 : position / (names.length - 1))
  const places = new Map(names.map((name, position) => [name, at(position)]))
  return {
    kind: 'category',
    place: (value) => (value === undefined ? undefined : places.get(String(value))),
    ticks: names.map((label, position) => ({ at: at(position), label })),
    range: undefined,
  }
}

function linearScale(low: number, high: number): Scale {
  const place = (value: ScaleValue) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
    return high === low ? 0.5 : (value - low) / (high - low)
  }
  return { kind: 'linear', place, ticks: ticksOf([low, ...roundSteps(low, high), high], place), range: [low, high] }
}

function logScale(low: number, high: number): Scale {
  const [from, to] = [Math.log10(low), Math.log10(high)]
  const place = (value: ScaleValue) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined
    return to === from ? 0.5 : (Math.log10(value) - from) / (to - from)
  }
  const powers = Array.from(
    { length: Math.max(0, Math.floor(to) - Math.ceil(from) + 1) },
    (_, step) => 10 ** (Math.ceil(from) + step),
  )
  return { kind: 'log', place, ticks: ticksOf([low, ...powers, high], place), range: [low, high] }
}

/** Three or four round numbers strictly between two. */
function roundSteps(low: number, high: number): readonly number[] {
  const span = high - low
  if (!(span > 0)) return []
  const power = 10 ** Math.floor(Math.log10(span / 3))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 4) ?? power * 10
  const first = Math.floor(low / step) + 1
  return Array.from({ length: Math.max(0, Math.ceil(high / step) - first) }, (_, position) => (first + position) * step)
}

/** The ends are always named; what comes too near to a named one is left out. */
function ticksOf(values: readonly number[], place: (value: number) => number | undefined): Scale['ticks'] {
  const ends = [values[0], values.at(-1)]
  const taken: number[] = ends.flatMap((value) => (value === undefined ? [] : (place(value) ?? [])))
  const kept = values.slice(1, -1).filter((value) => {
    const at = place(value)
    if (at === undefined || taken.some((other) => Math.abs(other - at) < 0.12)) return false
    taken.push(at)
    return true
  })
  return [...new Set([values[0] ?? 0, ...kept, values.at(-1) ?? 0])].map((value) => ({
    at: place(value) ?? 0,
    label: formatNumber(value),
  }))
}
