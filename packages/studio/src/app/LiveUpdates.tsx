import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { joinLiveEvents, type LiveState } from './live-client.ts'
import { isAffected } from './live-events.ts'

const LiveContext = createContext<LiveState>('connecting')

/** @returns whether changes reach this page by themselves at the moment */
export function useLiveState(): LiveState {
  return use(LiveContext)
}

const gatherMs = 400

/** Reads the event stream and makes the queries it touches stale; a burst of events is one refresh. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  useEffect(() => {
    const changed = new Set<string>()
    let timer: number | undefined
    const flush = () => {
      timer = undefined
      const ids = [...changed]
      changed.clear()
      void client.invalidateQueries({ predicate: (query) => ids.some((id) => isAffected(query.queryKey, id)) })
    }
    let wasLost = false
    const leave = joinLiveEvents({
      onEvent: (event) => {
        changed.add(event.subject)
        timer ??= window.setTimeout(flush, gatherMs)
      },
      onState: (next) => {
        setState(next)
        // The stream resumes by cursor, answers that failed meanwhile do not: ask for those again.
        if (next === 'live' && wasLost) void client.invalidateQueries({ queryKey: ['arm'] })
        wasLost = next === 'reconnecting'
      },
    })
    return () => {
      window.clearTimeout(timer)
      leave()
    }
  }, [client])
  return <LiveContext value={state}>{children}</LiveContext>
}
