import { invalid, type MonitorData } from '@fulcrum/contract'
import { durationMs } from '../duration.ts'

/** A span of whole hours: `start` included, `end` excluded. Collected rows lie in folders by hour, so windows are rounded outwards. */
export interface Window {
  readonly start: Date | undefined
  readonly end: Date
}

const hourMs = 3_600_000

/**
 * The window of an entry at the time of a run; `undefined` when the entry asks for none.
 * @throws InvalidRequestContent a duration or date cannot be read, or the window is empty
 */
export function windowOf(data: MonitorData, now: Date): Window | undefined {
  const static_ =
    data.windowStart === null || data.windowStart === undefined ? undefined : dateOf(data.windowStart, 'windowStart')
  if (static_ !== undefined) {
    const end = data.windowEnd === null || data.windowEnd === undefined ? now : dateOf(data.windowEnd, 'windowEnd')
    if (end <= static_)
      throw invalid(`windowEnd ${end.toISOString()} is not after windowStart ${static_.toISOString()}.`, { target: 'windowEnd' })
    return rounded(static_, end)
  }
  if (data.windowSize === null || data.windowSize === undefined) return undefined
  const size = durationMs(data.windowSize, 'windowSize')
  if (size <= 0) throw invalid(`windowSize is '${data.windowSize}'; it must be longer than nothing.`, { target: 'windowSize' })
  const end = new Date(now.getTime() - durationMs(data.windowOffset ?? 'P0D', 'windowOffset'))
  return rounded(new Date(end.getTime() - size), end)
}

/** A window over whole hours that covers both times. */
export function rounded(start: Date | undefined, end: Date): Window {
  return {
    start: start === undefined ? undefined : new Date(Math.floor(start.getTime() / hourMs) * hourMs),
    end: new Date((Math.floor(end.getTime() / hourMs) + 1) * hourMs),
  }
}

const hourFolder = /(?:^|\/)(\d{4})\/(\d{2})\/(\d{2})(?:\/(\d{2}))?\//

/** True for files in an hour (or day) folder that touches the window, and for files in no such folder. */
export function isInWindow(path: string, window: Window | undefined): boolean {
  const match = hourFolder.exec(path)
  if (window === undefined || match === null) return true
  const [, year = '', month = '', day = '', hour] = match
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0))
  const end = start + (hour === undefined ? 24 : 1) * hourMs
  return start < window.end.getTime() && (window.start === undefined || end > window.start.getTime())
}

function dateOf(text: string, target: string): Date {
  const date = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`)
  if (Number.isNaN(date.getTime()))
    throw invalid(`${target} is '${text}'; write a date such as 2026-01-31T10:00:00Z.`, { target })
  return date
}
