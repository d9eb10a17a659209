/** One step of a run as the graph, the Gantt chart and the list see it. Times are ISO 8601. */
export interface Step {
  readonly id: string
  readonly label: string
  /** What it is: a component's name, a kind. */
  readonly detail?: string
  readonly status: string
  readonly startedAt?: string | undefined
  readonly endedAt?: string | undefined
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

export interface GanttBar {
  readonly node: GraphNode
  /** Undefined for a step that has not started. */
  readonly bar: { readonly startPercent: number; readonly lengthPercent: number; readonly durationMs: number } | undefined
}

export interface PreparedGantt {
  readonly bars: readonly GanttBar[]
  readonly startMs: number
  readonly spanMs: number
}

/** Places steps on one time axis from the first start to the last end, or to `nowMs` while something runs. */
export function prepareGantt({ nodes }: PreparedGraph, nowMs: number): PreparedGantt {
  const times = nodes.map((node) => {
    const start = node.startedAt ? Date.parse(node.startedAt) : Number.NaN
    const end = node.endedAt ? Date.parse(node.endedAt) : nowMs
    return Number.isNaN(start) ? undefined : { start, end: Math.max(start, end) }
  })
  const known = times.flatMap((time) => (time ? [time] : []))
  if (known.length === 0) return { bars: nodes.map((node) => ({ node, bar: undefined })), startMs: nowMs, spanMs: 0 }
  const startMs = Math.min(...known.map((time) => time.start))
  const spanMs = Math.max(...known.map((time) => time.end)) - startMs || 1
  const bars = nodes.map((node, position) => {
    const time = times[position]
    if (!time) return { node, bar: undefined }
    const durationMs = time.end - time.start
    return {
      node,
      bar: { startPercent: ((time.start - startMs) / spanMs) * 100, lengthPercent: (durationMs / spanMs) * 100, durationMs },
    }
  })
  return { bars, startMs, spanMs }
}
