import type { PreparedGraph } from './prepare-graph.ts'

/**
 * The chain of steps that decided how long the run took: from the step that ended last back through, each time, the
 * need that ended last. Shortening any other step would not have ended the run earlier.
 * @returns ids from the first step to the last; empty while nothing has started
 */
export function criticalPath({ nodes }: PreparedGraph, nowMs: number): readonly string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const endOf = (id: string): number => {
    const node = byId.get(id)
    if (!node?.startedAt) return Number.NaN
    return node.endedAt ? Date.parse(node.endedAt) : nowMs
  }
  const latest = (ids: readonly string[]): string | undefined =>
    ids.reduce<string | undefined>((best, id) => {
      const end = endOf(id)
      return Number.isNaN(end) || (best !== undefined && endOf(best) >= end) ? best : id
    }, undefined)
  const path: string[] = []
  const seen = new Set<string>()
  let next = latest(nodes.map((node) => node.id))
  while (next !== undefined && !seen.has(next)) {
    seen.add(next)
    path.unshift(next)
    next = latest((byId.get(next)?.needs ?? []).map((need) => need.id))
  }
  return path
}
