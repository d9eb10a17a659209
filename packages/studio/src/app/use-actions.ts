import { useEffect, useRef, useSyncExternalStore } from 'react'
import { readAppearance } from '../ui/theme.ts'
import { createActionsRegistry, matchShortcut, reasonAgainst, spellKey, type Action, type ActionContext } from './actions.ts'

/** The registry of the running studio. */
export const actionsRegistry = createActionsRegistry()

/** Offers a page's actions while the page is mounted. Memoise the array: a new one is a new registration. */
export function useActions(actions: readonly Action[]): void {
  useEffect(() => actionsRegistry.register(actions), [actions])
}

export function useAllActions(): readonly Action[] {
  return useSyncExternalStore(actionsRegistry.subscribe, actionsRegistry.list)
}

/** Runs actions by their shortcuts. Single keys never fire while one is typing; `mod+…` always does. */
export function useShortcuts(context: ActionContext): void {
  const latest = useRef(context)
  useEffect(() => {
    latest.current = context
  }, [context])
  useEffect(() => {
    let pending: readonly string[] = []
    let timer: number | undefined
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || ['Shift', 'Control', 'Meta', 'Alt'].includes(event.key)) return
      const isMod = event.metaKey || event.ctrlKey
      const isBusy =
        event.target instanceof HTMLElement && event.target.closest('input,textarea,select,dialog,[contenteditable],[role=menu]')
      if (!isMod && (isBusy || !readAppearance().hasShortcuts)) return
      const match = matchShortcut(actionsRegistry.list(), pending, spellKey({ key: event.key, isMod, isShift: event.shiftKey }))
      pending = match.pending
      window.clearTimeout(timer)
      timer = window.setTimeout(() => {
        pending = []
      }, 1200)
      if (match.pending.length > 0 || match.action) event.preventDefault()
      if (match.action && !reasonAgainst(match.action, latest.current)) match.action.perform(latest.current)
    }
    // In the capture phase: after `g`, the `j` belongs to the sequence and not to the table.
    window.addEventListener('keydown', listen, { capture: true })
    return () => {
      window.removeEventListener('keydown', listen, { capture: true })
      window.clearTimeout(timer)
    }
  }, [])
}
