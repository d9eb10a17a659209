/** A step, as far as its group needs it. Times are ISO 8601. */
export interface StepFacts {
  readonly id: number
  readonly name: string
  readonly status: string
  readonly startedAt: string | undefined
  readonly endedAt: string | undefined
}

/** Steps of like names whose way from the start of the pipeline is about equally long. */
export interface StepGroup {
  /** The same as long as the graph is the same. */
  readonly id: string
  /** The names of its steps with `#` for their numbers. */
  readonly label: string
  /** One that stands for all: failures first, then what runs. */
  readonly status: string
  readonly statuses: Readonly<Record<string, number>>
  readonly startedAt: string | undefined
  /** Absent while a step is open. */
  readonly endedAt: string | undefined
  readonly steps: readonly number[]
}

export interface GroupedGraph {
  readonly groups: readonly StepGroup[]
  /** From group to group, never in a circle. */
  readonly edges: readonly { readonly source: string; readonly target: string }[]
}

const mostGroups = 300
const mostLayers = 100

/** Gathers the steps of a large graph, so that it can be drawn. Pure. */
export function groupSteps(
  steps: readonly StepFacts[],
  edges: readonly { readonly source: number; readonly target: number }[],
): GroupedGraph {
  const depths = depthsOf(steps, edges)
  const deepest = steps.reduce((most, step) => Math.max(most, depths.get(step.id) ?? 0), 0)
  const layerSize = Math.ceil((deepest + 1) / mostLayers)
  const layerOf = (step: StepFacts): number => Math.floor((depths.get(step.id) ?? 0) / layerSize)
  const byName = gather(steps, (step) => `${layerOf(step)} ${patternOf(step.name)}`)
  const members = byName.size <= mostGroups ? byName : gather(steps, (step) => String(layerOf(step)))
  const groupOf = new Map<number, { readonly id: string; readonly layer: number }>()
  for (const [id, own] of members) for (const step of own) groupOf.set(step.id, { id, layer: layerOf(step) })
  const between = new Map<string, { source: string; target: string }>()
  for (const edge of edges) {
    const [source, target] = [groupOf.get(edge.source), groupOf.get(edge.target)]
    // Within a layer of several depths, groups may depend on each other both ways.
    if (source === undefined || target === undefined || source.layer === target.layer) continue
    between.set(`${source.id}\n${target.id}`, { source: source.id, target: target.id })
  }
  return { groups: [...members].map(([id, own]) => groupOfSteps(id, own)), edges: [...between.values()] }
}

function gather(steps: readonly StepFacts[], keyOf: (step: StepFacts) => string): Map<string, StepFacts[]> {
  const found = new Map<string, StepFacts[]>()
  for (const step of steps) {
    const key = keyOf(step)
    const known = found.get(key)
    if (known === undefined) found.set(key, [step])
    else known.push(step)
  }
  return found
}

function patternOf(name: string): string {
  return name.replace(/\d+/g, '#')
}

function groupOfSteps(id: string, steps: readonly StepFacts[]): StepGroup {
  const statuses: Record<string, number> = {}
  let startedAt: string | undefined
  let endedAt: string | undefined
  for (const step of steps) {
    statuses[step.status] = (statuses[step.status] ?? 0) + 1
    if (step.startedAt !== undefined && (startedAt === undefined || step.startedAt < startedAt)) startedAt = step.startedAt
    if (step.endedAt !== undefined && (endedAt === undefined || step.endedAt > endedAt)) endedAt = step.endedAt
  }
  const status = statusOf(statuses)
  const patterns = new Set(steps.map((step) => patternOf(step.name)))
  const [first = ''] = patterns
  return {
    id,
    label: patterns.size === 1 ? first : `${first} and ${patterns.size - 1} others`,
    status,
    statuses,
    startedAt,
    endedAt: Object.keys(statuses).every((found) => ended.has(found)) ? endedAt : undefined,
    steps: steps.map((step) => step.id),
  }
}

const ended = new Set(['Completed', 'Reused', 'Failed', 'Canceled'])

function statusOf(statuses: Readonly<Record<string, number>>): string {
  const found = Object.keys(statuses)
  if (found.length === 1 && found[0] !== undefined) return found[0]
  const live = found.filter((status) => !ended.has(status) && status !== 'NotStarted')
  // Some have ended and others wait: the group is on its way.
  if (live.length > 0 || found.includes('NotStarted')) return found.includes('Failed') ? 'Failed' : 'Running'
  return ['Failed', 'Canceled', 'Completed'].find((status) => found.includes(status)) ?? 'Completed'
}

/** Longest way to each step, by waves (Kahn 1962); steps of a circle, which no pipeline has, would count as first. */
function depthsOf(
  steps: readonly StepFacts[],
  edges: readonly { readonly source: number; readonly target: number }[],
): ReadonlyMap<number, number> {
  const waiting = new Map(steps.map((step) => [step.id, 0]))
  const targets = new Map<number, number[]>()
  for (const { source, target } of edges) {
    waiting.set(target, (waiting.get(target) ?? 0) + 1)
    const known = targets.get(source)
    if (known === undefined) targets.set(source, [target])
    else known.push(target)
  }
  const depths = new Map<number, number>()
  let wave = steps.filter((step) => waiting.get(step.id) === 0).map((step) => step.id)
  for (let depth = 0; wave.length > 0; depth += 1) {
    const next: number[] = []
    for (const id of wave) {
      depths.set(id, depth)
      for (const target of targets.get(id) ?? []) {
        const left = (waiting.get(target) ?? 0) - 1
        waiting.set(target, left)
        if (left === 0) next.push(target)
      }
    }
    wave = next
  }
  return depths
}
