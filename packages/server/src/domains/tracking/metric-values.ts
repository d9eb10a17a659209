import type { LatestMetric } from './tables.ts'

export interface MetricPoint {
  readonly key: string
  /** May be NaN or infinite. */
  readonly value: number
  readonly timestampMs: number
  readonly step: number
  readonly modelId?: string
  readonly datasetName?: string
  readonly datasetDigest?: string
}

/** Doubles as JSON carries them: `NaN` and the infinities are texts. */
export function encodeDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

/** Reads a number, or one of the texts; `undefined` when it is neither. */
export function decodeDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const text = value.trim()
  if (/^nan$/i.test(text)) return Number.NaN
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text)
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity
  const number = Number(text)
  return Number.isNaN(number) ? undefined : number
}

/** Order of a metric's points: step, timestamp, value; NaN above every number. */
export function isLater(candidate: LatestMetric, known: LatestMetric): boolean {
  const [value, timestampMs, step] = candidate
  const [knownValue, knownTimestampMs, knownStep] = known
  if (step !== knownStep) return step > knownStep
  if (timestampMs !== knownTimestampMs) return timestampMs > knownTimestampMs
  return compareDoubles(Number(value), Number(knownValue)) > 0
}

function compareDoubles(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
  return left - right
}
