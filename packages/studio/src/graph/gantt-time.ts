/** A window on the time axis of a run, in milliseconds after its start. */
export interface TimeWindow {
  readonly fromMs: number
  readonly toMs: number
}

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const tickSteps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((count) => count * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minuteMs),
  ...[1, 2, 3, 6, 12].map((count) => count * hourMs),
  ...[1, 2, 5, 10, 20, 50].map((count) => count * dayMs),
]

/** Round times within a window, at most `count` of them. */
export function ticksOf({ fromMs, toMs }: TimeWindow, count: number): readonly number[] {
  const step = tickSteps.find((size) => (toMs - fromMs) / size <= count) ?? 100 * dayMs
  const first = Math.ceil(fromMs / step)
  return Array.from({ length: Math.max(0, Math.floor(toMs / step) - first + 1) }, (_, position) => (first + position) * step)
}

/** "0", "250 ms", "5 s", "1:30", "2 h 05", "3 d" after the start. */
export function formatTick(timeMs: number): string {
  if (timeMs === 0) return '0'
  if (timeMs % secondMs !== 0) return timeMs < secondMs ? `${timeMs} ms` : `${Number((timeMs / secondMs).toFixed(3))} s`
  if (timeMs < minuteMs) return `${timeMs / secondMs} s`
  const pad = (value: number) => String(value).padStart(2, '0')
  if (timeMs < hourMs) return `${Math.floor(timeMs / minuteMs)}:${pad(Math.floor((timeMs % minuteMs) / secondMs))}`
  if (timeMs < dayMs) return `${Math.floor(timeMs / hourMs)} h ${pad(Math.floor((timeMs % hourMs) / minuteMs))}`
  const hours = Math.floor((timeMs % dayMs) / hourMs)
  return `${Math.floor(timeMs / dayMs)} d${hours > 0 ? ` ${hours} h` : ''}`
}

/** Below this nothing more is to be seen: the server's times are whole milliseconds. */
const shortestMs = 20

/** Keeps a window within the run. @returns undefined for one that shows all of it, which needs no place in the URL */
export function clampWindow({ fromMs, toMs }: TimeWindow, spanMs: number): TimeWindow | undefined {
  const lengthMs = Math.min(Math.max(shortestMs, Math.abs(toMs - fromMs)), Math.max(spanMs, shortestMs))
  if (lengthMs >= spanMs) return undefined
  const from = Math.min(Math.max(0, Math.min(fromMs, toMs)), spanMs - lengthMs)
  return { fromMs: Math.round(from), toMs: Math.round(from + lengthMs) }
}

/** Makes a window longer or shorter around a point of it. @param anchor 0 for its left edge, 1 for its right one */
export function zoomWindow(window: TimeWindow, factor: number, spanMs: number, anchor = 0.5): TimeWindow | undefined {
  const lengthMs = window.toMs - window.fromMs
  const point = window.fromMs + lengthMs * anchor
  return clampWindow({ fromMs: point - lengthMs * factor * anchor, toMs: point + lengthMs * factor * (1 - anchor) }, spanMs)
}

/** "1200-8000" in the URL. */
export function parseWindow(text: string | undefined): TimeWindow | undefined {
  const match = /^(\d+)-(\d+)$/.exec(text ?? '')
  if (!match) return undefined
  const [fromMs, toMs] = [Number(match[1]), Number(match[2])]
  return toMs > fromMs ? { fromMs, toMs } : undefined
}

export function printWindow(window: TimeWindow | undefined): string | undefined {
  return window && `${window.fromMs}-${window.toMs}`
}
