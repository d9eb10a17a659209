export interface PreparedUsage {
  /** 0–100. */
  readonly percent: number
  /** One entry per unit of the limit, true for those in use; empty where there are too many, or parts of units, to show each. */
  readonly units: readonly boolean[]
  readonly tone: 'calm' | 'full'
  /** "2 of 4", "12 in use, no limit", "none here". */
  readonly text: string
}

const unitsAtMost = 24

/** @param limit null for no limit */
export function prepareUsage(used: number, limit: number | null, format: (amount: number) => string): PreparedUsage {
  if (limit === null) return { percent: 0, units: [], tone: 'calm', text: `${format(used)} in use, no limit` }
  if (limit <= 0) return { percent: 0, units: [], tone: 'calm', text: 'none here' }
  const isCountable = limit <= unitsAtMost && Number.isInteger(limit) && Number.isInteger(used)
  return {
    percent: Math.min(100, (used / limit) * 100),
    units: isCountable ? Array.from({ length: limit }, (_, unit) => unit < used) : [],
    tone: used >= limit ? 'full' : 'calm',
    text: `${format(used)} of ${format(limit)}`,
  }
}
