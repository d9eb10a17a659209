import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config/index.ts'
import type { Db } from '../kernel/db/database.ts'
import type { Ids } from '../kernel/ids.ts'
import { ensureDirectory, readText, writeFileAtomic } from '../kernel/safe/index.ts'
import type { RootKey } from '../kernel/secrets/index.ts'
import { pythonPath } from '../paths.ts'
import { InferenceCollector, isSampled, type CollectionSink } from './collector.ts'
import {
  readGeneration,
  readSnapshot,
  removeGateway,
  servingChannel,
  writeHeartbeat,
  writeMetrics,
  writeReports,
  writeTrafficLog,
} from './gateway-store.ts'
import { GatewayHandler, type HandlerOptions } from './handler.ts'
import { GatewayMetrics } from './metrics.ts'
import { Routing } from './routing.ts'
import type { RoutingSnapshot } from './snapshot.ts'
import { TrafficLog } from './traffic-log.ts'

export interface GatewayDependencies {
  readonly config: Config
  readonly log: Logger
  readonly clock: Clock
  readonly ids: Ids
  readonly db: Db
  readonly rootKey: RootKey
  readonly authorizeBearer: HandlerOptions['authorizeBearer']
  /** Where collected data go. */
  readonly sink: CollectionSink
}

export interface Gateway {
  /** `http://127.0.0.1:7190` */
  readonly address: string
  /** What is served; for tests and status. */
  readonly routing: Routing
  close(): Promise<void>
}

const flushIntervalMs = 1_000
const snapshotLimitBytes = 64 * 1024 * 1024

/**
 * Starts the gateway role. It follows the routing tables in the database and keeps the last picture on disk, so that it serves
 * even when neither API nor database can be reached.
 */
export async function startGateway(dependencies: GatewayDependencies): Promise<Gateway> {
  const { config, log, clock, ids, db } = dependencies
  const gatewayId = `gateway-${ids.uuid()}`
  const metrics = new GatewayMetrics(() => clock.now().getTime())
  const trafficLog = new TrafficLog()
  const collector = new InferenceCollector({
    clock,
    ids,
    log,
    instanceId: gatewayId.slice(-12),
    sink: dependencies.sink,
    onCounted: (record, rows) =>
      metrics.collected(
        record.source.slice(0, record.source.toLowerCase().lastIndexOf('/deployments/')),
        record.deployment,
        rows,
      ),
  })
  let report: () => void = () => undefined
  const routing = new Routing({
    dataDirectory: config.dataDirectory,
    pythonPath,
    log,
    onChange: () => report(),
    onCollected: (route, plan, frame) => {
      const rate = plan.collections[frame.collection]?.samplingRate
      if (rate === undefined || !isSampled(frame.correlationId, rate)) return
      const data = frame.rows.toString('utf8')
      collector.add({
        workspaceId: route.workspaceId,
        endpoint: route.name,
        deployment: plan.name,
        source: plan.id,
        collection: frame.collection,
        correlationId: frame.correlationId,
        requestId: frame.requestId,
        modelVersion: plan.modelVersion,
        data,
        rows: frame.rowCount,
      })
    },
  })
  const handler = new GatewayHandler({ routing, metrics, collector, trafficLog, ...dependencies })
  const server = createServer(
    { noDelay: true, keepAliveTimeout: 76_000, headersTimeout: 77_000, requestTimeout: 300_000 },
    (request, response) => handler.handle(request, response),
  )
  const follower = new Follower({ dependencies, gatewayId, routing, metrics, trafficLog, collector })
  await follower.restore()
  const address = await listen(server, config)
  report = follower.start(address)
  return {
    address,
    routing,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      await routing.close()
      server.closeAllConnections()
      await closed
      await follower.stop()
      await removeGateway(db.kysely, gatewayId).catch(() => undefined)
    },
  }
}

async function listen(server: Server, config: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.gateway.port, config.gateway.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return `http://${config.gateway.host.includes(':') ? `[${config.gateway.host}]` : config.gateway.host}:${port}`
}

interface FollowerOptions {
  readonly dependencies: GatewayDependencies
  readonly gatewayId: string
  readonly routing: Routing
  readonly metrics: GatewayMetrics
  readonly trafficLog: TrafficLog
  readonly collector: InferenceCollector
}

/** Follows the tables and writes back: snapshots in; reports, heartbeat, metrics, log and collected data out. */
class Follower {
  readonly #options: FollowerOptions
  readonly #file: string
  #address = ''
  #work: Promise<void> = Promise.resolve()
  #applied = -1
  #queued = false
  #reportsDue = true
  #timer: NodeJS.Timeout | undefined
  #listening: AsyncDisposable | undefined
  #stopped = false

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#file = join(options.dependencies.config.dataDirectory, 'serving', 'routing-snapshot.json')
  }

  /** Serves the picture on disk until the database says otherwise. */
  async restore(): Promise<void> {
    await ensureDirectory(join(this.#options.dependencies.config.dataDirectory, 'serving'))
    const text = await readText(this.#file, snapshotLimitBytes).catch(() => undefined)
    if (text !== undefined) this.#options.routing.apply(JSON.parse(text) as RoutingSnapshot)
  }

  /** @returns what tells it that reports are due */
  start(address: string): () => void {
    this.#address = address
    this.#timer = setInterval(() => this.#wake(), flushIntervalMs)
    this.#wake()
    void this.#listen()
    return () => {
      this.#reportsDue = true
      this.#wake()
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#wake()
    await this.#work
    this.#stopped = true
    await this.#listening?.[Symbol.asyncDispose]()
  }

  async #listen(): Promise<void> {
    const { db, log } = this.#options.dependencies
    this.#listening = await db
      .listen(servingChannel, () => this.#wake())
      .catch((error: unknown) => {
        log.warn({ err: error }, 'The gateway polls, because it cannot be notified')
        return undefined
      })
  }

  #wake(): void {
    if (this.#queued || this.#stopped) return
    this.#queued = true
    this.#work = this.#work.then(async () => {
      this.#queued = false
      await this.#step().catch((error: unknown) =>
        this.#options.dependencies.log.warn({ err: error }, 'The gateway serves what it has: the database did not answer'),
      )
    })
  }

  async #step(): Promise<void> {
    const { dependencies, gatewayId, routing, metrics, trafficLog, collector } = this.#options
    const { db } = dependencies
    if ((await readGeneration(db.kysely)) !== this.#applied) {
      const snapshot = await readSnapshot(db.kysely)
      routing.apply(snapshot)
      this.#applied = snapshot.generation
      await writeFileAtomic(this.#file, JSON.stringify(snapshot), { durable: dependencies.config.durable })
    }
    await writeHeartbeat(db.kysely, { gatewayId, address: this.#address, generation: this.#applied })
    if (this.#reportsDue) {
      this.#reportsDue = false
      await writeReports(db, gatewayId, routing.reports()).catch((error: unknown) => {
        this.#reportsDue = true
        throw error
      })
    }
    await collector.flush()
    await writeMetrics(db.kysely, gatewayId, metrics.takeDirty())
    await writeTrafficLog(db.kysely, trafficLog.take())
  }
}
