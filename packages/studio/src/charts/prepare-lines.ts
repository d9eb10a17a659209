/** One measured curve. Points need not be sorted; `x` is a step, or milliseconds. */
export interface Series {
  readonly id: string
  readonly label: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** `points` are not joined, `steps` stay level until the next point; a line when left out. */
  readonly form?: LineForm
}

export type LineForm = 'line' | 'points' | 'steps'

export interface LineOptions {
  /** Weight of the past in the exponential mean: 0 shows the points as they are, below 1. */
  readonly smoothing: number
  readonly isLogScale: boolean
}

export interface PreparedLines {
  /** Columns as uPlot takes them: the shared x values, then one column per series with null where it has no point. */
  readonly columns: readonly [number[], ...(number | null)[][]]
  readonly series: readonly LineLook[]
  readonly rows: readonly LineSummary[]
  /** Points a log scale cannot show (zero or below). */
  readonly hiddenCount: number
}

export interface LineLook {
  readonly id: string
  readonly label: string
  /** Index 1–8 of the series colour in the tokens. */
  readonly color: number
  /** Dash pattern in pixels; empty for a full line. */
  readonly dash: readonly number[]
  readonly form?: LineForm
}

/** What the table twin shows of one series: raw values, never smoothed ones. */
export interface LineSummary extends LineLook {
  readonly count: number
  readonly last: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
}

const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 4, 2, 4], [5, 2], [1, 2], [12, 3], [4, 2, 1, 2]]

/** Colour and dash of the n-th series: two series that share a colour differ in their dash. */
export function lookOf(position: number): { readonly color: number; readonly dash: readonly number[] } {
  const round = Math.floor(position / 8)
  return { color: (position % 8) + 1, dash: dashes[(position + round * 3) % dashes.length] ?? [] }
}

/** Lines up series on one x axis, smooths them, and drops what the scale cannot show. */
export function prepareLines(series: readonly Series[], options: LineOptions): PreparedLines {
  const xs = [...new Set(series.flatMap((one) => one.points.map((point) => point.x)))].toSorted((a, b) => a - b)
  const rowOf = new Map(xs.map((x, row) => [x, row]))
  let hiddenCount = 0
  const columns = series.map((one) => {
    const column: (number | null)[] = Array.from({ length: xs.length }, () => null)
    for (const { x, y } of smooth(one.points, options.smoothing)) {
      const isShown = Number.isFinite(y) && (!options.isLogScale || y > 0)
      if (!isShown) hiddenCount += 1
      else column[rowOf.get(x) ?? 0] = y
    }
    return column
  })
  const looks = series.map(({ id, label, form }, position) => ({ id, label, ...lookOf(position), ...(form && { form }) }))
  const rows = series.map((one, position) => ({ ...(looks[position] ?? { id: '', label: '', ...lookOf(0) }), ...summarise(one) }))
  return { columns: [xs, ...columns], series: looks, rows, hiddenCount }
}

function summarise({ points }: Series): Pick<LineSummary, 'count' | 'last' | 'min' | 'max'> {
  const sorted = points.toSorted((a, b) => a.x - b.x)
  const values = sorted.map((point) => point.y).filter(Number.isFinite)
  const lowest = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const isEmpty = values.length === 0
  return { count: points.length, last: values.at(-1), min: isEmpty ? undefined : lowest, max: isEmpty ? undefined : highest }
}

/**
 * Exponential moving mean with the bias of its start taken out, so that the first point stays where it is.
 * @see Kingma and Ba 2015, section 3 (the same correction as in Adam)
 */
export function smooth(points: Series['points'], weight: number): Series['points'] {
  const sorted = points.toSorted((a, b) => a.x - b.x)
  if (weight <= 0) return sorted
  const bounded = Math.min(weight, 0.999)
  let mean = 0
  let count = 0
  return sorted.map(({ x, y }) => {
    if (!Number.isFinite(y)) return { x, y }
    mean = bounded * mean + (1 - bounded) * y
    count += 1
    return { x, y: mean / (1 - bounded ** count) }
  })
}
