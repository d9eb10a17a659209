import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
export type Density = 'comfortable' | 'compact'

export interface Appearance {
  readonly theme: Theme
  readonly isHighContrast: boolean
  readonly density: Density
  /** Single-key shortcuts can be switched off for people whose tools send stray keys. */
  readonly hasShortcuts: boolean
}

const storageKey = 'fulcrum.appearance'
const initial: Appearance = { theme: 'system', isHighContrast: false, density: 'comfortable', hasShortcuts: true }
const listeners = new Set<() => void>()
let current: Appearance = initial

/** Reads what was chosen last time and puts it on the document; called before the first paint. */
export function startAppearance(): void {
  try {
    current = { ...initial, ...JSON.parse(localStorage.getItem(storageKey) ?? '{}') }
  } catch {
    current = initial
  }
  apply()
}

export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(storageKey, JSON.stringify(current))
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  apply()
  for (const listener of listeners) listener()
}

export function readAppearance(): Appearance {
  return current
}

export function useAppearance(): Appearance {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, readAppearance)
}

function apply(): void {
  const { dataset } = document.documentElement
  if (current.theme === 'system') delete dataset['theme']
  else dataset['theme'] = current.theme
  if (current.isHighContrast) dataset['contrast'] = 'high'
  else delete dataset['contrast']
  dataset['density'] = current.density
}
