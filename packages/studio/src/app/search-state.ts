import { useNavigate, useRouterState } from '@tanstack/react-router'

/** Search parameters as plain texts; each page reads its own by a typed, pure function and leaves unknown ones alone. */
export type SearchState = Readonly<Record<string, string>>

/** "?status=Failed&q=fox" as an object. The last of repeated names counts. */
export function parseSearch(text: string): SearchState {
  return Object.fromEntries(new URLSearchParams(text))
}

/** The reverse of `parseSearch`; empty and undefined values are left out. */
export function printSearch(search: Readonly<Record<string, unknown>>): string {
  const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString()
  return text ? `?${text}` : ''
}

/** View state lives in the URL. A change replaces the entry in the history, so that "back" leaves the page. */
export function useSearchState(): readonly [SearchState, (change: Readonly<Record<string, string | undefined>>) => void] {
  const text = useRouterState({ select: (state) => state.location.searchStr })
  const navigate = useNavigate()
  const search = parseSearch(text)
  const change = (patch: Readonly<Record<string, string | undefined>>) => {
    void navigate({ to: '.', search: ((previous: SearchState) => ({ ...previous, ...patch })) as never, replace: true })
  }
  return [search, change]
}
