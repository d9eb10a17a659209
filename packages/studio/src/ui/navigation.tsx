import { createContext, use } from 'react'

/** How primitives move to another page; the shell provides the router's history. Outside it a link is a plain link. */
export interface Navigation {
  push(href: string): void
}

const NavigationContext = createContext<Navigation | undefined>(undefined)

export const NavigationProvider = NavigationContext.Provider

/** @returns a function that goes to a path of this origin without loading the page again. */
export function useNavigation(): Navigation {
  return use(NavigationContext) ?? { push: (href) => window.location.assign(href) }
}
