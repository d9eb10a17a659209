import { useSyncExternalStore } from 'react'
import { formatDateTime, formatDuration, formatRelative } from './format.ts'

/** One timer for all relative times on screen; it runs only while one is shown. */
const ticker = createTicker(1000)

function createTicker(periodMs: number) {
  const listeners = new Set<() => void>()
  let nowMs = Date.now()
  let timer: number | undefined
  const tick = () => {
    nowMs = Date.now()
    for (const listener of listeners) listener()
  }
  return {
    read: () => nowMs,
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      if (timer === undefined) {
        nowMs = Date.now()
        timer = window.setInterval(tick, periodMs)
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        window.clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** The time of now in milliseconds, refreshed every second while the component is mounted. */
export function useNow(): number {
  return useSyncExternalStore(ticker.subscribe, ticker.read)
}

/** "4 min ago", the full time on hover. Takes what ARM gives: an ISO 8601 text, or nothing. */
export function RelativeTime({ time }: { time: string | undefined | null }) {
  const nowMs = useNow()
  const timeMs = time ? Date.parse(time) : Number.NaN
  if (Number.isNaN(timeMs)) return <span>–</span>
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatDateTime(timeMs)}>
      {formatRelative(timeMs, nowMs)}
    </time>
  )
}

/** Time from start to end; without an end it counts on. */
export function Duration({ start, end }: { start: string | undefined | null; end?: string | undefined | null }) {
  return start && !end ? (
    <RunningDuration start={start} />
  ) : (
    <span>{start && end ? formatDuration(Date.parse(end) - Date.parse(start)) : '–'}</span>
  )
}

function RunningDuration({ start }: { start: string }) {
  const nowMs = useNow()
  return <span>{formatDuration(Math.max(0, nowMs - Date.parse(start)))}</span>
}
