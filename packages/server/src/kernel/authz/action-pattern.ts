/** A compiled action pattern. */
export interface ActionPattern {
  readonly source: string
  /** `action` must already be lower case. */
  readonly matches: (action: string) => boolean
}

/** Longer patterns and actions are refused: Azure's own stay below 200 characters. */
export const MAX_ACTION_LENGTH = 512

/**
 * Compiles an Azure action pattern. Case does not count; `*` stands for any run of characters, slashes included; a `*`
 * between two slashes also stands for zero segments, so one of the two slashes goes with it; the whole action must match.
 *
 * No regular expression: patterns come from custom roles and tokens, and this stays linear in the action per literal.
 * A pattern that is empty, too long or holds white space matches nothing.
 */
export function compileActionPattern(pattern: string): ActionPattern {
  if (!isActionPattern(pattern)) return { source: pattern, matches: () => false }
  const lower = pattern.toLowerCase().replace(/\*{2,}/g, '*')
  if (lower === '*') return { source: pattern, matches: (action) => action.length <= MAX_ACTION_LENGTH }
  if (!lower.includes('*')) return { source: pattern, matches: (action) => action === lower }
  const literals = lower.split('*')
  return { source: pattern, matches: (action) => action.length <= MAX_ACTION_LENGTH && matchLiterals(literals, action) }
}

/** True for text that may stand as an action pattern: visible ASCII, at most 512 characters. */
export function isActionPattern(pattern: string): boolean {
  return pattern.length > 0 && pattern.length <= MAX_ACTION_LENGTH && /^[\x21-\x7e]+$/.test(pattern)
}

/**
 * Leftmost matching of the literals between the stars. After `x/` and before `/y` the star may give up one of the two
 * slashes, so the search for `/y` starts on the slash that ended `x/`.
 */
function matchLiterals(literals: readonly string[], action: string): boolean {
  const first = literals[0] ?? ''
  const last = literals.length - 1
  if (!action.startsWith(first)) return false
  let position = first.length
  let previous = first
  for (const [index, literal] of literals.entries()) {
    if (index === 0) continue
    const from = previous.endsWith('/') && literal.startsWith('/') ? position - 1 : position
    if (index === last) return action.length - literal.length >= from && action.endsWith(literal)
    const found = action.indexOf(literal, from)
    if (found < 0) return false
    position = found + literal.length
    previous = literal
  }
  return true
}
