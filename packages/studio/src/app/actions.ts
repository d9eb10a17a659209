import type { LucideIcon } from 'lucide-react'

/** What an action may look at to say whether it can be done now. */
export interface ActionContext {
  /** Base path of the workspace in view, such as `/w/rg-dev/churn`; undefined on instance-wide pages. */
  readonly workspacePath: string | undefined
}

/** One thing a person can do: button, menu row, shortcut and command-bar entry are this same object. */
export interface Action {
  /** Stable, `noun.verb`. */
  readonly id: string
  readonly name: string
  /** Heading it stands under in the command bar and the shortcut sheet. */
  readonly section: string
  readonly icon?: LucideIcon
  /** `mod+k` is held together (mod: Ctrl or Cmd); `g j` is one key after the other. */
  readonly shortcut?: string
  /** Further words to be found by. */
  readonly keywords?: string
  /** True, or the reason why not. */
  enabled?(context: ActionContext): true | string
  perform(context: ActionContext): void
}

export interface ActionsRegistry {
  /** Adds actions until the returned function is called. A later action wins over an earlier one with its id. */
  register(actions: readonly Action[]): () => void
  /** The same array until something changes. */
  list(): readonly Action[]
  subscribe(listener: () => void): () => void
}

export function createActionsRegistry(): ActionsRegistry {
  const groups = new Set<readonly Action[]>()
  const listeners = new Set<() => void>()
  let snapshot: readonly Action[] = []
  const change = () => {
    snapshot = [...new Map([...groups].flat().map((action) => [action.id, action])).values()]
    for (const listener of listeners) listener()
  }
  return {
    register(actions) {
      const group = [...actions]
      groups.add(group)
      change()
      return () => {
        groups.delete(group)
        change()
      }
    },
    list: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Why an action cannot be done now, or undefined when it can. */
export function reasonAgainst(action: Action, context: ActionContext): string | undefined {
  const answer = action.enabled?.(context) ?? true
  return answer === true ? undefined : answer
}

export interface KeyPress {
  readonly key: string
  readonly isMod: boolean
  readonly isShift: boolean
}

/** The name of a key press as shortcuts spell it: `mod+k`, `?`, `g`. */
export function spellKey({ key, isMod, isShift }: KeyPress): string {
  const name = key.toLowerCase()
  const withShift = isShift && name.length > 1 ? `shift+${name}` : name
  return isMod ? `mod+${withShift}` : withShift
}

export interface ShortcutMatch {
  readonly action: Action | undefined
  /** Keys to remember for the next press; empty when nothing is under way. */
  readonly pending: readonly string[]
}

/** Finds the action of a key press, given the keys pressed just before it. */
export function matchShortcut(actions: readonly Action[], pending: readonly string[], pressed: string): ShortcutMatch {
  const attempts = pending.length > 0 ? [[...pending, pressed], [pressed]] : [[pressed]]
  for (const keys of attempts) {
    const typed = keys.join(' ')
    const action = actions.find((candidate) => candidate.shortcut === typed)
    if (action) return { action, pending: [] }
    if (actions.some((candidate) => candidate.shortcut?.startsWith(`${typed} `))) return { action: undefined, pending: keys }
  }
  return { action: undefined, pending: [] }
}

/** Actions by section, in the order in which the sections first appear. */
export function groupBySection(actions: readonly Action[]): readonly (readonly [string, readonly Action[]])[] {
  const sections = new Map<string, Action[]>()
  for (const action of actions) sections.set(action.section, [...(sections.get(action.section) ?? []), action])
  return [...sections]
}
