import { scaleOf, type Scale, type ScaleValue } from './scale.ts'

export interface ParallelDimension {
  readonly id: string
  readonly label: string
  /** Spread by the logarithm; decided from the values when left out. */
  readonly isLog?: boolean | undefined
}

export interface ParallelRow {
  readonly id: string
  readonly label: string
  /** By the id of the dimension. */
  readonly values: Readonly<Record<string, ScaleValue>>
  /** How it is drawn beside its colour: a trial that was stopped, one that failed. */
  readonly look?: 'plain' | 'stopped' | 'failed'
}

/** A part of an axis, both ends between 0 and 1, by the id of the dimension. */
export type Brushes = Readonly<Record<string, readonly [number, number]>>

export interface ParallelAxis extends ParallelDimension {
  readonly scale: Scale
  /** Place of the axis from left (0) to right (1). */
  readonly at: number
}

export interface ParallelLine {
  readonly row: ParallelRow
  /** In order of the axes, with `undefined` where the row has no value: there the line is broken. */
  readonly points: readonly ({ readonly x: number; readonly y: number } | undefined)[]
  /** Passes all brushes. */
  readonly isInside: boolean
  /** Rank by the last axis between the worst (0) and the best (1); undefined without a value there. */
  readonly merit: number | undefined
}

export interface PreparedParallel {
  readonly axes: readonly ParallelAxis[]
  readonly lines: readonly ParallelLine[]
  readonly insideCount: number
}

/** Puts rows as lines across axes; the last axis is what the others are judged by. @param isLessBetter on that axis */
export function prepareParallel(
  dimensions: readonly ParallelDimension[],
  rows: readonly ParallelRow[],
  { brushes, isLessBetter }: { readonly brushes: Brushes; readonly isLessBetter: boolean },
): PreparedParallel {
  const axes = dimensions.map((dimension, position) => ({
    ...dimension,
    scale: scaleOf(
      rows.map((row) => row.values[dimension.id]),
      dimension.isLog,
    ),
    at: dimensions.length === 1 ? 0.5 : position / (dimensions.length - 1),
  }))
  const meritOf = meritsBy(dimensions.at(-1)?.id, rows, isLessBetter)
  const lines = rows.map((row): ParallelLine => {
    const points = axes.map(({ id, scale, at }) => {
      const y = scale.place(row.values[id])
      return y === undefined ? undefined : { x: at, y }
    })
    const isInside = axes.every(({ id }, position) => {
      const brush = brushes[id]
      const y = points[position]?.y
      return !brush || (y !== undefined && y >= brush[0] && y <= brush[1])
    })
    return { row, points, isInside, merit: meritOf(row) }
  })
  return { axes, lines, insideCount: lines.filter(({ isInside }) => isInside).length }
}

/** By rank and not by value: a few bad rows would leave all others in one colour. */
function meritsBy(
  dimension: string | undefined,
  rows: readonly ParallelRow[],
  isLessBetter: boolean,
): (row: ParallelRow) => number | undefined {
  const valueOf = (row: ParallelRow) => (dimension === undefined ? undefined : row.values[dimension])
  const values = [...new Set(rows.map(valueOf).filter((value) => typeof value === 'number'))].toSorted((a, b) => a - b)
  const ranks = new Map(values.map((value, rank) => [value, values.length === 1 ? 1 : rank / (values.length - 1)]))
  return (row) => {
    const value = valueOf(row)
    const rank = typeof value === 'number' ? ranks.get(value) : undefined
    return rank === undefined ? undefined : isLessBetter ? 1 - rank : rank
  }
}

/** "lr:0.1-0.5,loss:0-0.25" in the URL. Names may hold what separates: they are encoded. */
export function printBrushes(brushes: Brushes): string | undefined {
  const parts = Object.entries(brushes).map(
    ([id, [from, to]]) => `${encodeURIComponent(id).replaceAll('-', '%2D')}:${round(from)}-${round(to)}`,
  )
  return parts.length > 0 ? parts.join(',') : undefined
}

export function parseBrushes(text: string | undefined): Brushes {
  return Object.fromEntries(
    (text ?? '').split(',').flatMap((part) => {
      const match = /^([^:]+):([\d.]+)-([\d.]+)$/.exec(part)
      if (!match?.[1]) return []
      const [from, to] = [Number(match[2]), Number(match[3])]
      const id = decode(match[1])
      return id !== undefined && from >= 0 && to <= 1 && from < to ? [[id, [from, to] as const] as const] : []
    }),
  )
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const round = (share: number): number => Number(share.toFixed(3))

/** What a brush says in the terms of its axis: "0.001 – 0.02" or "adam, sgd". */
export function describeBrush({ scale }: ParallelAxis, [from, to]: readonly [number, number]): string {
  if (scale.range === undefined) {
    const names = scale.ticks.filter(({ at }) => at >= from && at <= to).map(({ label }) => label)
    return names.join(', ') || 'none'
  }
  const [low, high] = scale.range
  const valueAt = (share: number) => (scale.kind === 'log' ? low * (high / low) ** share : low + (high - low) * share)
  return [from, to].map((share) => String(Number(valueAt(share).toPrecision(3)))).join(' – ')
}
