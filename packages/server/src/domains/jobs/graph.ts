import { invalid, nearest } from '@fulcrum/contract'

/** A graph to run: steps by name, edges from source to target. */
export interface Edge {
  readonly source: string
  readonly target: string
}

/**
 * Checks that the edges name steps and form no cycle.
 * @returns the number of distinct sources of each step
 * @throws InvalidRequestContent naming the steps of a cycle
 */
export function countSources(steps: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const remaining = new Map(steps.map((name) => [name, 0]))
  const targets = new Map<string, string[]>(steps.map((name) => [name, []]))
  for (const { source, target } of edges) {
    const list = targets.get(source)
    if (list === undefined) throw missingStep(target, source, steps)
    list.push(target)
    remaining.set(target, (remaining.get(target) ?? 0) + 1)
  }
  const counts = new Map(remaining)
  const ready = steps.filter((name) => remaining.get(name) === 0)
  let done = 0
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    done += 1
    for (const target of targets.get(name) ?? []) {
      const left = (remaining.get(target) ?? 0) - 1
      remaining.set(target, left)
      if (left === 0) ready.push(target)
    }
  }
  if (done < steps.length) {
    const open = new Set(steps.filter((name) => (remaining.get(name) ?? 0) > 0))
    const cycle = cycleIn(open, edges)
    throw invalid(
      `The steps ${cycle.map((name) => `'${name}'`).join(', ')} depend on each other in a circle: ${[...cycle, cycle[0]].join(' → ')}.`,
      { target: `properties.jobs.${cycle[0]}` },
    )
  }
  return counts
}

/** One circle among steps of which each waits for another of them; what merely waits for the circle is no part of it. */
function cycleIn(open: ReadonlySet<string>, edges: readonly Edge[]): string[] {
  const sourceOf = new Map(
    edges.filter(({ source, target }) => open.has(source) && open.has(target)).map((edge) => [edge.target, edge.source]),
  )
  const path: string[] = []
  let name: string | undefined = [...open][0]
  while (name !== undefined && !path.includes(name)) {
    path.unshift(name)
    name = sourceOf.get(name)
  }
  return name === undefined ? path : path.slice(0, path.indexOf(name) + 1)
}

/** @param place where the reference stands, below `properties.jobs` */
export function missingStep(from: string, wanted: string, steps: readonly string[], place = from): Error {
  const hint = nearest(wanted, steps)
  return invalid(
    `Step '${from}' refers to step '${wanted}', which does not exist.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
    {
      target: `properties.jobs.${place}`,
    },
  )
}

/** Edges without repetition, in a stable order. */
export function distinctEdges(edges: readonly Edge[]): Edge[] {
  const seen = new Map(edges.map((edge) => [`${edge.source}\0${edge.target}`, edge]))
  return [...seen.values()]
}
