/** What a step spends its time on. */
export type PhaseKind = 'queue' | 'prepare' | 'run' | 'publish'

export interface StepPhase {
  readonly kind: PhaseKind
  readonly startedAt: string
  /** Undefined for the phase that a step is in. */
  readonly endedAt?: string | undefined
}

/** One step of a run, or a group of them, as the graph, the Gantt chart and the list see it. Times are ISO 8601. */
export interface Step {
  readonly id: string
  readonly label: string
  /** What it is: a component's name, a kind. */
  readonly detail?: string
  readonly status: string
  readonly startedAt?: string | undefined
  readonly endedAt?: string | undefined
  /** In order of time, all attempts after each other. Without them a step is one bar from start to end. */
  readonly phases?: readonly StepPhase[]
  /** A thing that does not run, such as an asset: it has no status to show. */
  readonly isPlain?: boolean
  /** How many steps stand behind this one, for a group. */
  readonly count?: number
  /** Ids of the steps it waits for, with the name of what flows, if known. */
  readonly needs: readonly { readonly id: string; readonly label?: string }[]
}

export interface GraphNode extends Step {
  /** Longest way from a step that needs nothing; 0 for those. */
  readonly depth: number
}

export interface GraphEdge {
  readonly id: string
  readonly source: string
  readonly target: string
  readonly label?: string
  /** The status of the source decides how an edge looks: done, moving, or not reached. */
  readonly status: string
}

export interface PreparedGraph {
  /** Every step after all that it needs; steps of a cycle come last, in the order given. */
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Needs that name no step. */
  readonly missing: readonly { readonly step: string; readonly needs: string }[]
  /** Ids of steps that wait for themselves, directly or around a cycle. */
  readonly cyclic: readonly string[]
}

/** Orders steps and ties them together; the graph, the Gantt chart and the list all draw this. */
export function prepareGraph(steps: readonly Step[]): PreparedGraph {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const missing = steps.flatMap((step) =>
    step.needs.filter((need) => !byId.has(need.id)).map((need) => ({ step: step.id, needs: need.id })),
  )
  const depths = depthsOf(byId)
  const ordered = steps
    .filter((step) => depths.has(step.id))
    .toSorted((a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0))
  const cyclic = steps.filter((step) => !depths.has(step.id))
  const nodes = [...ordered, ...cyclic].map((step) => ({ ...step, depth: depths.get(step.id) ?? 0 }))
  const edges = nodes.flatMap((node) =>
    node.needs.flatMap(({ id, label }) => {
      const source = byId.get(id)
      if (!source) return []
      return [
        {
          id: `${id}→${node.id}${label ? `:${label}` : ''}`,
          source: id,
          target: node.id,
          status: source.status,
          ...(label && { label }),
        },
      ]
    }),
  )
  return { nodes, edges, missing, cyclic: cyclic.map((step) => step.id) }
}

/** Depth by waves (Kahn 1962): a step gets one when all it needs have one; steps of a cycle never do. */
function depthsOf(byId: ReadonlyMap<string, Step>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const waiting = new Map<string, number>()
  const dependants = new Map<string, string[]>()
  for (const step of byId.values()) {
    const needs = new Set(step.needs.map((need) => need.id).filter((id) => byId.has(id)))
    waiting.set(step.id, needs.size)
    for (const need of needs) dependants.set(need, [...(dependants.get(need) ?? []), step.id])
  }
  let wave = [...waiting].filter(([, count]) => count === 0).map(([id]) => id)
  for (let depth = 0; wave.length > 0; depth += 1) {
    const next: string[] = []
    for (const id of wave) {
      depths.set(id, depth)
      for (const dependant of dependants.get(id) ?? []) {
        const left = (waiting.get(dependant) ?? 0) - 1
        waiting.set(dependant, left)
        if (left === 0) next.push(dependant)
      }
    }
    wave = next
  }
  return depths
}
