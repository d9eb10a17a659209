export interface Bar {
  readonly label: string
  readonly value: number
}

export interface PreparedBar extends Bar {
  /** Percent of the axis where the bar starts and how long it is. */
  readonly startPercent: number
  readonly lengthPercent: number
}

/** Places horizontal bars on one axis that always includes zero. */
export function prepareBars(bars: readonly Bar[]): readonly PreparedBar[] {
  const values = bars.map((bar) => (Number.isFinite(bar.value) ? bar.value : 0))
  const low = Math.min(0, ...values)
  const span = Math.max(0, ...values) - low || 1
  return bars.map((bar, position) => {
    const value = values[position] ?? 0
    return { ...bar, startPercent: ((Math.min(0, value) - low) / span) * 100, lengthPercent: (Math.abs(value) / span) * 100 }
  })
}

/** A share of a whole, such as the traffic of a deployment. `percent` as asked, 0–100. */
export interface Share {
  readonly id: string
  readonly label: string
  readonly percent: number
}

export interface PreparedShare extends Share {
  readonly color: number
}

/** Colours shares in their order; what is missing to 100 stays empty, what exceeds it is scaled down. */
export function prepareShares(shares: readonly Share[]): {
  readonly parts: readonly PreparedShare[]
  readonly restPercent: number
} {
  const total = shares.reduce((sum, share) => sum + Math.max(0, share.percent), 0)
  const scale = total > 100 ? 100 / total : 1
  const parts = shares.map((share, position) => ({
    ...share,
    percent: Math.max(0, share.percent) * scale,
    color: (position % 8) + 1,
  }))
  return { parts, restPercent: Math.max(0, 100 - total) }
}

/** Two distributions of one feature over the same bins. `edges` has one more entry than the counts; labels for categories. */
export interface HistogramPair {
  readonly labels: readonly string[]
  readonly reference: readonly number[]
  readonly production: readonly number[]
}

export interface PreparedBin {
  readonly label: string
  /** Share of all rows in this bin, 0–1. */
  readonly reference: number
  readonly production: number
}

/** Turns counts into shares, so that windows of different size compare; `topShare` scales the axis. */
export function prepareHistogram(pair: HistogramPair): { readonly bins: readonly PreparedBin[]; readonly topShare: number } {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0) || 1
  const referenceTotal = sum(pair.reference)
  const productionTotal = sum(pair.production)
  const bins = pair.labels.map((label, bin) => ({
    label,
    reference: (pair.reference[bin] ?? 0) / referenceTotal,
    production: (pair.production[bin] ?? 0) / productionTotal,
  }))
  return { bins, topShare: bins.reduce((top, bin) => Math.max(top, bin.reference, bin.production), 0) || 1 }
}

/** Points of a spark line in a box of the given size, as an SVG path; the range of the values fills the height. */
export function prepareSparkline(values: readonly number[], width: number, height: number): string {
  const shown = values.filter(Number.isFinite)
  if (shown.length < 2) return ''
  const low = shown.reduce((least, value) => Math.min(least, value))
  const span = shown.reduce((most, value) => Math.max(most, value)) - low
  const x = (position: number) => (position / (shown.length - 1)) * width
  const y = (value: number) => (span === 0 ? height / 2 : height - 1.5 - ((value - low) / span) * (height - 3))
  return shown.map((value, position) => `${position === 0 ? 'M' : 'L'}${x(position).toFixed(1)} ${y(value).toFixed(1)}`).join('')
}
