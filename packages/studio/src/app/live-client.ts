import { parseLiveEvent, type LiveEvent } from './live-events.ts'

export type LiveState = 'connecting' | 'live' | 'reconnecting'

interface LiveListener {
  onEvent(event: LiveEvent): void
  onState(state: LiveState): void
}

type ChannelMessage = { readonly event: LiveEvent } | { readonly state: LiveState }

/**
 * One event stream for all tabs of this browser: the tab that holds the lock reads it and tells the others, because
 * a browser keeps only six HTTP/1.1 connections to one origin. When that tab closes, the next takes over from the
 * last cursor all of them have seen.
 * @returns a function that leaves
 */
export function joinLiveEvents(listener: LiveListener): () => void {
  const leaving = new AbortController()
  const channel = new BroadcastChannel('fulcrum.live')
  let cursor = 0
  const take = (message: ChannelMessage) => {
    if ('state' in message) return listener.onState(message.state)
    if (message.event.sequence <= cursor) return
    cursor = message.event.sequence
    listener.onEvent(message.event)
  }
  const startAt = (sequence: number) => {
    if (cursor === 0 && Number.isFinite(sequence)) cursor = sequence
  }
  const tell = (message: ChannelMessage) => {
    take(message)
    channel.postMessage(message)
  }
  channel.addEventListener('message', (event: MessageEvent<ChannelMessage>) => take(event.data))
  const lead = () => readStream(() => cursor, startAt, tell, leaving.signal)
  if ('locks' in navigator) navigator.locks.request('fulcrum.live', { signal: leaving.signal }, lead).catch(() => undefined)
  else void lead()
  return () => {
    leaving.abort()
    channel.close()
  }
}

/** Reads until the signal; each new connection resumes after the last event seen. */
function readStream(
  cursor: () => number,
  start: (cursor: number) => void,
  tell: (message: ChannelMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource | undefined
    let timer: number | undefined
    let waitMs = 1000
    let failureCount = 0
    const open = () => {
      source = new EventSource(cursor() > 0 ? `/events/stream?after=${cursor()}` : '/events/stream')
      source.addEventListener('open', () => {
        waitMs = 1000
        failureCount = 0
        tell({ state: 'live' })
      })
      // The server says from where it reads, so that a stream that breaks before its first event resumes there.
      source.addEventListener('ready', (message: MessageEvent<string>) => start(Number(message.lastEventId)))
      source.addEventListener('message', (message: MessageEvent<string>) => {
        const event = parseLiveEvent(message.data)
        if (event) tell({ event })
      })
      source.addEventListener('error', () => {
        source?.close()
        failureCount += 1
        // A stream that ends once is ordinary (a proxy's time limit, a restart): the reader need not hear of it.
        if (failureCount > 1) tell({ state: 'reconnecting' })
        timer = window.setTimeout(open, waitMs)
        waitMs = Math.min(waitMs * 2, 30_000)
      })
    }
    open()
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer)
      source?.close()
      resolve()
    })
  })
}
