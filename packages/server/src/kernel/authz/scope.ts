import type { ManagementGroup } from './types.ts'

/**
 * Lower case, single slashes, no trailing slash; the root is `/`. `undefined` when the text is no absolute scope, so a
 * broken assignment can never turn into one at the root.
 */
export function normalizeScope(scope: string): string | undefined {
  if (!scope.startsWith('/')) return undefined
  const lower = scope.toLowerCase().replace(/\/{2,}/g, '/')
  return lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower
}

/** Both normalised: is `ancestor` equal to `scope` or above it, on whole segments? */
export function coversScope(ancestor: string, scope: string): boolean {
  return ancestor === '/' || scope === ancestor || scope.startsWith(`${ancestor}/`)
}

/** The normalised scope itself and everything above it, nearest first, ending with `/`. */
export function ancestorsOf(scope: string): string[] {
  const result: string[] = []
  for (let end = scope.length; end > 0; end = scope.lastIndexOf('/', end - 1)) result.push(scope.slice(0, end))
  if (scope !== '/') result.push('/')
  return result
}

/** Drops scopes that lie below another one of the list; sorted. */
export function reduceScopes(scopes: Iterable<string>): string[] {
  const result: string[] = []
  const kept = new Set<string>()
  for (const scope of [...new Set(scopes)].toSorted((a, b) => a.length - b.length)) {
    if (ancestorsOf(scope).some((ancestor) => kept.has(ancestor))) continue
    kept.add(scope)
    result.push(scope)
  }
  return result.toSorted()
}

/**
 * The path of a subscription does not name its management groups, so an assignment at one is spread over its members.
 * Returns a function from a normalised scope to that scope and everything a management group of this id contains.
 */
export function createScopeExpander(groups: readonly ManagementGroup[]): (scope: string) => readonly string[] {
  const members = new Map<string, string[]>()
  for (const group of groups) {
    const scope = normalizeScope(group.scope)
    if (scope !== undefined)
      members.set(
        scope,
        group.members.map(normalizeScope).filter((member) => member !== undefined),
      )
  }
  return (scope) => {
    if (!members.has(scope)) return [scope]
    const seen = new Set<string>([scope])
    for (const current of seen) for (const member of members.get(current) ?? []) seen.add(member)
    return [...seen]
  }
}
