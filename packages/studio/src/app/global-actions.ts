import { Contrast, Keyboard, Moon, Rows4, Search, SunMedium, Terminal } from 'lucide-react'
import { readAppearance, setAppearance } from '../ui/theme.ts'
import type { Action } from './actions.ts'
import { nounPath, nouns } from './nouns.ts'

export interface GlobalActionsInput {
  go(href: string): void
  openCommands(): void
  openShortcuts(): void
  readonly workspaces: readonly {
    readonly id: string
    readonly name: string
    readonly resourceGroup: string
    readonly path: string
  }[]
}

/** What can be done on every page. */
export function globalActions({ go, openCommands, openShortcuts, workspaces }: GlobalActionsInput): readonly Action[] {
  const toSections = nouns.map((noun): Action => ({
    id: `go.${noun.id}`,
    name: `Go to ${noun.label}`,
    section: 'Go to',
    icon: noun.icon,
    shortcut: `g ${noun.key}`,
    enabled: ({ workspacePath }) => (nounPath(noun, workspacePath) ? true : 'There is no workspace yet'),
    perform: ({ workspacePath }) => {
      const href = nounPath(noun, workspacePath)
      if (href) go(href)
    },
  }))
  const toWorkspaces = workspaces.map((workspace): Action => ({
    id: `workspace.${workspace.id}`,
    name: `Switch to ${workspace.name}`,
    section: 'Workspaces',
    keywords: workspace.resourceGroup,
    perform: () => go(`${workspace.path}/jobs`),
  }))
  return [...toSections, ...toWorkspaces, ...viewActions(openCommands, openShortcuts)]
}

function viewActions(openCommands: () => void, openShortcuts: () => void): readonly Action[] {
  const section = 'View'
  return [
    { id: 'view.commands', name: 'Open the command bar', section, icon: Terminal, shortcut: 'mod+k', perform: openCommands },
    { id: 'view.shortcuts', name: 'Show all shortcuts', section, icon: Keyboard, shortcut: '?', perform: openShortcuts },
    {
      id: 'view.filter',
      name: 'Focus the filter',
      section,
      icon: Search,
      shortcut: '/',
      perform: () => document.querySelector<HTMLInputElement>('input[data-page-filter]')?.focus(),
    },
    { id: 'view.light', name: 'Light theme', section, icon: SunMedium, perform: () => setAppearance({ theme: 'light' }) },
    { id: 'view.dark', name: 'Dark theme', section, icon: Moon, perform: () => setAppearance({ theme: 'dark' }) },
    {
      id: 'view.contrast',
      name: 'Switch high contrast',
      section,
      icon: Contrast,
      perform: () => setAppearance({ isHighContrast: !readAppearance().isHighContrast }),
    },
    {
      id: 'view.density',
      name: 'Switch density',
      section,
      icon: Rows4,
      perform: () => setAppearance({ density: readAppearance().density === 'compact' ? 'comfortable' : 'compact' }),
    },
  ]
}
