import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'
import { databaseName, initializeCluster, userName } from './cluster.ts'
import { isConnectionLoss, EmbeddedPostgresError } from './database-errors.ts'
import type { DatabaseLog } from './log.ts'
import { acquireOwnerLock, type OwnerLock } from './owner-lock.ts'
import { locateBinaries } from './postgres-binaries.ts'
import { postmasterPid, startPostmaster, stopServerOf, type Postmaster, type ServerCommand } from './postmaster.ts'
import { chooseRunAs, dieWithSupervisor, type RunAs } from './run-as.ts'
import { isCommandAvailable } from './command-available.ts'
import { makeRuntimeDirectory } from './runtime-directory.ts'

export interface EmbeddedPostgresOptions {
  /** Holds `cluster` (PostgreSQL's own), the password, the lock and the record of how the server is run. Made when missing. */
  readonly dataDirectory: string
  /** For the socket; by default a short private one below the temporary directory. At most 93 bytes. */
  readonly runtimeDirectory?: string
  /** `false` trades safety for speed: acknowledged writes may be lost in a crash of the host. Tests only. */
  readonly durable: boolean
  readonly log: DatabaseLog
  /** Ways to run the server; default: those that fit this user. */
  readonly runAsCandidates?: readonly RunAs[]
  /** Whether the kernel stops the server when this process dies; default true. Without it the next start stops the left-over server. */
  readonly diesWithSupervisor?: boolean
}

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connectionString: string
  readonly poolConfig: ClientConfig
  /** How it is run: `direct`, `user-namespace`, `bubblewrap` or `account:<name>`. */
  readonly runAs: string
  /** Process id of the present server; another after a restart. */
  pid(): Promise<number | undefined>
  /** Fulfilled when the server is no longer kept running: with undefined after `stop`, with the reason when restarts failed. */
  readonly exited: Promise<EmbeddedPostgresError | undefined>
  /** Ends the server (fast shutdown: open transactions are rolled back) and gives the data directory back. */
  stop(): Promise<void>
}

const restartIntervalMs = 500
const restartWindowMs = 10_000

/**
 * Starts PostgreSQL from the npm package over `dataDirectory` and keeps it running: a server that ends unasked is started again, for up to
 * 10 s at a time (after a kill its old backends hold shared memory for a moment). It listens on a unix socket only.
 * @throws DataDirectoryInUseError another live process owns the directory · EmbeddedPostgresError it cannot run here, the message says why
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new EmbeddedPostgresError('Embedded PostgreSQL is not supported on Windows; set FULCRUM_DATABASE_URL, or use WSL.')
  }
  const binaries = await locateBinaries()
  await mkdir(options.dataDirectory, { recursive: true, mode: 0o700 })
  const directory = await realpath(options.dataDirectory)
  const lock = await acquireOwnerLock(join(directory, 'lock'), directory)
  try {
    const cluster = join(directory, 'cluster')
    if (await stopServerOf(cluster)) options.log.warn({ directory }, 'Stopped a PostgreSQL server left over from an earlier run')
    const runtimeDirectory = await makeRuntimeDirectory(directory, options.runtimeDirectory)
    const runAs = await chooseRunAs({ directory, runtimeDirectory, postgres: binaries.postgres }, options.runAsCandidates)
    const password = await initializeCluster({ directory, runtimeDirectory, binaries, runAs, durable: options.durable })
    const diesWithSupervisor = (options.diesWithSupervisor ?? true) && (await isCommandAvailable(dieWithSupervisor[0]))
    const command = { ...options, postgres: binaries.postgres, cluster, runtimeDirectory, runAs, diesWithSupervisor }
    const supervisor = new Supervisor(command, { host: runtimeDirectory, port: 5432, user: userName, password }, lock)
    await supervisor.start()
    return supervisor.handle()
  } catch (error) {
    await lock.release()
    throw error
  }
}

class Supervisor {
  readonly #command: ServerCommand
  readonly #connection: ClientConfig
  readonly #lock: OwnerLock
  readonly #exited: Promise<EmbeddedPostgresError | undefined>
  #settleExited: (reason: EmbeddedPostgresError | undefined) => void = () => undefined
  #stopping = false
  #watching: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(command: ServerCommand, connection: ClientConfig, lock: OwnerLock) {
    this.#command = command
    this.#connection = connection
    this.#lock = lock
    this.#exited = new Promise((resolve) => {
      this.#settleExited = resolve
    })
  }

  async start(): Promise<void> {
    try {
      const postmaster = await this.#startWithRetries()
      await createDatabase(this.#connection)
      this.#watching = this.#watch(postmaster)
    } catch (error) {
      await stopServerOf(this.#command.cluster)
      throw error
    }
  }

  handle(): EmbeddedPostgres {
    const poolConfig = { ...this.#connection, database: databaseName }
    const { host = '', user = '', password } = this.#connection
    const stop = (): Promise<void> => (this.#stopped ??= this.#stop())
    return {
      connectionString: `postgresql://${user}:${String(password)}@${encodeURIComponent(host)}:5432/${databaseName}`,
      poolConfig,
      runAs: this.#command.runAs.method,
      pid: () => postmasterPid(this.#command.cluster),
      exited: this.#exited,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  }

  async #stop(): Promise<void> {
    this.#stopping = true
    await stopServerOf(this.#command.cluster)
    await this.#watching
    await rm(this.#command.runtimeDirectory, { recursive: true, force: true })
    await this.#lock.release()
    this.#settleExited(undefined)
  }

  async #watch(first: Postmaster): Promise<void> {
    for (let postmaster = first; ;) {
      const { code, signal, lastLines } = await postmaster.exited
      if (this.#stopping) return
      this.#command.log.warn({ code, signal, lastLines: lastLines.slice(-5) }, 'PostgreSQL ended unasked; starting it again')
      try {
        postmaster = await this.#startWithRetries()
      } catch (error) {
        if (this.#stopping) return
        const reason = error instanceof EmbeddedPostgresError ? error : new EmbeddedPostgresError(String(error), { cause: error })
        this.#command.log.error({ err: reason }, 'PostgreSQL could not be started again')
        this.#settleExited(reason)
        return
      }
    }
  }

  async #startWithRetries(): Promise<Postmaster> {
    const deadline = Date.now() + restartWindowMs
    for (;;) {
      const postmaster = startPostmaster(this.#command)
      if (await this.#isReady(postmaster)) return postmaster
      const { lastLines } = await postmaster.exited
      if (this.#stopping || Date.now() >= deadline) {
        throw new EmbeddedPostgresError(
          `PostgreSQL did not start (run as ${this.#command.runAs.method}):\n${lastLines.join('\n')}`,
        )
      }
      await delay(restartIntervalMs)
    }
  }

  /** Waits as long as the process lives: crash recovery may take a while. @returns false when it ended */
  async #isReady(postmaster: Postmaster): Promise<boolean> {
    for (;;) {
      if (postmaster.hasExited()) return false
      if (await canConnect({ ...this.#connection, database: 'postgres' })) return true
      // A stop that came while the server was starting has found no process to signal.
      if (this.#stopping) await stopServerOf(this.#command.cluster)
      await delay(30)
    }
  }
}

async function canConnect(config: ClientConfig): Promise<boolean> {
  const client = new Client({ ...config, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch (error) {
    if (!isConnectionLoss(error)) throw error
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function createDatabase(connection: ClientConfig): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres' })
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (found.rowCount === 0) await client.query(`create database ${databaseName}`)
  } finally {
    await client.end()
  }
}
