/** How many nodes a cluster keeps, as Azure scales: pure. A node is a share of this host, so one that is wanted is there at once. */

/** Azure's, for clusters that say nothing. */
const idleTimeMs = 120_000

export interface ScaleSettings {
  readonly min: number
  readonly max: number
  readonly idleMs: number
}

export interface ClusterNode {
  readonly number: number
  readonly state: 'preparing' | 'running' | 'idle'
  /** Of an idle node: since when. */
  readonly sinceMs: number
}

export interface NodePlan {
  readonly remove: readonly number[]
  /** Numbers of new idle nodes, up to the minimum. */
  readonly add: readonly number[]
  readonly allocation: Allocation
}

/** Azure's members of a cluster. */
export interface Allocation {
  readonly currentNodeCount: number
  readonly targetNodeCount: number
  readonly allocationState: 'Steady' | 'Resizing'
  readonly nodeStateCounts: {
    readonly idleNodeCount: number
    readonly runningNodeCount: number
    readonly preparingNodeCount: number
    readonly unusableNodeCount: number
    readonly leavingNodeCount: number
    readonly preemptedNodeCount: number
  }
}

/** @param waiting nodes that waiting jobs ask for */
export function planNodes(
  scale: ScaleSettings,
  { nodes, waiting, nowMs }: { readonly nodes: readonly ClusterNode[]; readonly waiting: number; readonly nowMs: number },
): NodePlan {
  const busy = nodes.filter((node) => node.state !== 'idle')
  const idle = nodes.filter((node) => node.state === 'idle').toSorted((left, right) => left.number - right.number)
  const room = Math.max(0, scale.max - busy.length)
  const floor = Math.min(Math.max(0, scale.min - busy.length), room)
  // What waits may take an idle node before its time is over: those stay, as far as they are wanted.
  const kept = idle.filter((node, index) => index < floor + waiting || nowMs - node.sinceMs < scale.idleMs).slice(0, room)
  const numbers = new Set([...busy, ...kept].map((node) => node.number))
  const add: number[] = []
  for (let number = 0; kept.length + add.length < floor; number += 1) if (!numbers.has(number)) add.push(number)
  const currentNodeCount = busy.length + kept.length + add.length
  const targetNodeCount = Math.min(scale.max, Math.max(currentNodeCount, busy.length + waiting, scale.min))
  const counted = (state: ClusterNode['state']): number => busy.filter((node) => node.state === state).length
  return {
    remove: idle.filter((node) => !kept.includes(node)).map((node) => node.number),
    add,
    allocation: {
      currentNodeCount,
      targetNodeCount,
      allocationState: targetNodeCount === currentNodeCount ? 'Steady' : 'Resizing',
      nodeStateCounts: {
        idleNodeCount: kept.length + add.length,
        runningNodeCount: counted('running'),
        preparingNodeCount: counted('preparing'),
        unusableNodeCount: 0,
        leavingNodeCount: 0,
        preemptedNodeCount: 0,
      },
    },
  }
}

/** Scale of a cluster from its `properties`; without a maximum only the host limits it. */
export function scaleOf(properties: Readonly<Record<string, unknown>>, hostSlots: number): ScaleSettings {
  const inner = (properties['properties'] ?? {}) as { scaleSettings?: Record<string, unknown> | null }
  const { minNodeCount, maxNodeCount, nodeIdleTimeBeforeScaleDown } = inner.scaleSettings ?? {}
  const max = Number(maxNodeCount ?? Number.NaN)
  return {
    min: Math.max(0, Math.trunc(Number(minNodeCount ?? 0)) || 0),
    max: Number.isInteger(max) && max >= 1 ? max : hostSlots,
    idleMs: idleMsOf(nodeIdleTimeBeforeScaleDown) ?? idleTimeMs,
  }
}

const duration = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Milliseconds of an ISO 8601 duration such as PT120S; `undefined` when it is none. */
export function idleMsOf(value: unknown): number | undefined {
  const match = typeof value === 'string' ? duration.exec(value) : null
  if (match === null || match.slice(1).every((part) => part === undefined)) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
