import type { Logger } from 'pino'
import { DeploymentPool } from './pool.ts'
import type { DeploymentPlan, DeploymentReport, EndpointRoute, RoutingSnapshot } from './snapshot.ts'
import { TrafficSplit } from './traffic.ts'
import type { CollectedFrame } from './worker.ts'
import { workerHome } from './worker-command.ts'

/** An endpoint as requests see it; replaced as a whole. */
export interface LiveEndpoint {
  readonly route: EndpointRoute
  readonly split: TrafficSplit
  readonly mirror: TrafficSplit
  /** Pools that take requests, by deployment name. */
  readonly pools: ReadonlyMap<string, DeploymentPool>
}

export interface RoutingOptions {
  readonly dataDirectory: string
  readonly pythonPath: string
  readonly log: Logger
  /** Something that must be reported has changed. */
  readonly onChange: () => void
  readonly onCollected: (route: EndpointRoute, plan: DeploymentPlan, collected: CollectedFrame) => void
}

interface Slot {
  /** Takes requests. */
  current: DeploymentPool | undefined
  /** Warms up and becomes current when it is ready. */
  next: DeploymentPool | undefined
}

/**
 * Turns snapshots into running workers and one routing table that is swapped atomically. A changed deployment keeps its old workers
 * until the new ones are ready; workers that are not needed any more finish what they have.
 */
export class Routing {
  readonly #options: RoutingOptions
  readonly #slots = new Map<string, Slot>()
  readonly #draining = new Set<Promise<void>>()
  #snapshot: RoutingSnapshot = { generation: 0, endpoints: [] }
  #table: ReadonlyMap<string, LiveEndpoint> = new Map()
  #closed = false

  constructor(options: RoutingOptions) {
    this.#options = options
  }

  get generation(): number {
    return this.#snapshot.generation
  }

  /** @param path `{resource group}/{workspace}/{endpoint}`, lower case */
  find(path: string): LiveEndpoint | undefined {
    return this.#table.get(path)
  }

  reports(): DeploymentReport[] {
    return [...this.#slots.values()].flatMap((slot) => {
      const newest = slot.next ?? slot.current
      return newest === undefined ? [] : [newest.report()]
    })
  }

  apply(snapshot: RoutingSnapshot): void {
    if (this.#closed) return
    this.#snapshot = snapshot
    const wanted = new Map(
      snapshot.endpoints.flatMap((route) => route.deployments.map((plan) => [plan.id.toLowerCase(), { route, plan }] as const)),
    )
    const retired: DeploymentPool[] = []
    for (const [id, slot] of this.#slots) {
      if (wanted.has(id)) continue
      this.#slots.delete(id)
      for (const pool of [slot.current, slot.next]) if (pool !== undefined) retired.push(pool)
    }
    for (const [id, { plan }] of wanted) this.#prepare(id, plan)
    this.#rebuild()
    for (const pool of retired) this.#retire(pool)
    this.#options.onChange()
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const slot of this.#slots.values())
      for (const pool of [slot.current, slot.next]) if (pool !== undefined) this.#retire(pool)
    await Promise.all(this.#draining)
  }

  #prepare(id: string, plan: DeploymentPlan): void {
    const slot = this.#slots.get(id) ?? { current: undefined, next: undefined }
    this.#slots.set(id, slot)
    const newest = slot.next ?? slot.current
    if (newest !== undefined && newest.plan.revision === plan.revision) return
    if (slot.next !== undefined) this.#retire(slot.next)
    const pool: DeploymentPool = new DeploymentPool({
      plan,
      pythonPath: this.#options.pythonPath,
      homeDirectory: workerHome(this.#options.dataDirectory, plan),
      onChange: () => this.#changed(slot, pool),
      onCollected: (collected) => {
        const route = this.#snapshot.endpoints.find((endpoint) =>
          endpoint.deployments.some((deployment) => deployment.id === plan.id),
        )
        if (route !== undefined) this.#options.onCollected(route, plan, collected)
      },
    })
    slot.next = pool
    pool
      .start()
      .catch((error: unknown) =>
        this.#options.log.error({ err: error, deployment: plan.id }, 'The workers of a deployment could not be started'),
      )
  }

  #changed(slot: Slot, pool: DeploymentPool): void {
    if (slot.next === pool && pool.state === 'ready') {
      const old = slot.current
      slot.current = pool
      slot.next = undefined
      this.#rebuild()
      if (old !== undefined) this.#retire(old)
    }
    this.#options.onChange()
  }

  #retire(pool: DeploymentPool): void {
    const done = pool
      .drain()
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'A deployment did not drain cleanly'))
    this.#draining.add(done)
    void done.finally(() => this.#draining.delete(done))
  }

  /** The new table; counters of unchanged traffic rules go on where they are. */
  #rebuild(): void {
    const table = new Map<string, LiveEndpoint>()
    for (const route of this.#snapshot.endpoints) {
      const before = this.#table.get(route.path)
      const pools = new Map<string, DeploymentPool>()
      for (const plan of route.deployments) {
        const pool = this.#slots.get(plan.id.toLowerCase())?.current
        if (pool !== undefined) pools.set(plan.name, pool)
      }
      table.set(route.path, {
        route,
        split: before !== undefined && same(before.route.traffic, route.traffic) ? before.split : new TrafficSplit(route.traffic),
        mirror:
          before !== undefined && same(before.route.mirrorTraffic, route.mirrorTraffic)
            ? before.mirror
            : new TrafficSplit(route.mirrorTraffic),
        pools,
      })
    }
    this.#table = table
  }
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
