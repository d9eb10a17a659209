import { setTimeout as delay } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql, type IsolationLevel, type Transaction } from 'kysely'
import { Client, Pool, type ClientConfig } from 'pg'
import { DatabaseUnavailableError, isConnectionLoss, isTransactionConflict } from './database-errors.ts'
import { checkChannel, Listener, type ListenOptions, type Listening, type NotificationHandler } from './listener.ts'
import { silentLog, type DatabaseLog } from './log.ts'
import { translatingPool } from './pooled-client.ts'
import type { Database } from './schema.ts'
import { valueTypes } from './value-types.ts'

/** Where the server is: a URL (`postgresql://…`) or the single fields, as embedded PostgreSQL gives them. */
export type ConnectionOptions =
  | { readonly connectionString: string; readonly poolConfig?: undefined }
  | { readonly poolConfig: ClientConfig; readonly connectionString?: undefined }

export type DatabaseOptions = ConnectionOptions & {
  /** Connections at most; 10 by default, which is also the advised maximum per process. */
  readonly poolSize?: number
  readonly log?: DatabaseLog
}

/** A transaction: usable wherever an executor is, and a place to hang work that must only happen once it is committed. */
export type Tx = Transaction<Database> & {
  /** Runs `action` after COMMIT, in the order of registration. Its failure is logged, since the change is already made. */
  onCommit(action: () => void | Promise<void>): void
}

export interface TransactionOptions {
  readonly isolationLevel?: IsolationLevel
  /** How often `work` runs at most when it loses against another transaction (SQLSTATE 40P01, 40001). Default 5. */
  readonly attempts?: number
}

/** The platform's database. */
export interface Db extends AsyncDisposable {
  readonly kysely: Kysely<Database>
  /** For COPY and session-level work; everything else goes through `kysely`. */
  readonly pool: Pool
  /**
   * Runs `work` in one transaction and runs it again when it loses a deadlock or a serialization conflict: keep side effects out of it
   * and give them to `tx.onCommit`.
   * @throws DatabaseUnavailableError the connection was lost; with `outcomeUnknown` when that happened during COMMIT
   */
  transaction<Result>(work: (tx: Tx) => Promise<Result>, options?: TransactionOptions): Promise<Result>
  /** Notifications are hints: one may be lost while the connection is down, so poll as well. */
  listen(channel: string, handler: NotificationHandler, options?: ListenOptions): Promise<Listening>
  /** Sends at once, or when `tx` commits. `payload` is at most 7,999 bytes. */
  notify(channel: string, payload?: string, tx?: Tx): Promise<void>
  /** Waits until a statement succeeds. @throws DatabaseUnavailableError none did within `timeoutMs` (default 30,000) */
  waitUntilReady(options?: { readonly timeoutMs?: number }): Promise<void>
  close(): Promise<void>
}

/** Opens a pool; connects on first use. */
export function openDatabase(options: DatabaseOptions): Db {
  const log = options.log ?? silentLog
  const config = clientConfig(options)
  const pool = new Pool({ ...config, max: options.poolSize ?? 10, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000 })
  // Without listeners a connection lost while idle, or checked out between two statements, would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'An idle connection to PostgreSQL was lost'))
  pool.on('connect', (client) => client.on('error', () => undefined))
  const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool: translatingPool(pool) }) })
  const listener = new Listener(config, log)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeAll(listener, pool))
  return {
    kysely,
    pool,
    transaction: (work, transactionOptions = {}) => runTransaction({ kysely, log }, work, transactionOptions),
    listen: (channel, handler, listenOptions) => listener.listen(channel, handler, listenOptions),
    async notify(channel, payload = '', tx) {
      await sql`select pg_notify(${checkChannel(channel)}, ${payload})`.execute(tx ?? kysely)
    },
    waitUntilReady: ({ timeoutMs = 30_000 } = {}) => waitUntilReady(options, timeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Session settings that make values mean the same on every server: UTC, ISO dates. */
export function clientConfig(options: ConnectionOptions): ClientConfig {
  const target = options.connectionString === undefined ? options.poolConfig : { connectionString: options.connectionString }
  return {
    application_name: 'fulcrum',
    keepAlive: true,
    ...target,
    options: '-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres',
    types: valueTypes,
  }
}

/** Waits for a server to accept a statement. @throws DatabaseUnavailableError it did not within `timeoutMs`, or the cause at once when waiting is no help (wrong password) */
export async function waitUntilReady(target: ConnectionOptions, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const client = new Client({ ...clientConfig(target), connectionTimeoutMillis: 5_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch (error) {
      if (!isConnectionLoss(error)) throw error
      if (Date.now() >= deadline) throw new DatabaseUnavailableError(error)
    } finally {
      await client.end().catch(() => undefined)
    }
    await delay(50)
  }
}

async function closeAll(listener: Listener, pool: Pool): Promise<void> {
  await listener.close()
  await pool.end()
}

async function runTransaction<Result>(
  { kysely, log }: { kysely: Kysely<Database>; log: DatabaseLog },
  work: (tx: Tx) => Promise<Result>,
  { isolationLevel, attempts = 5 }: TransactionOptions,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const actions: (() => void | Promise<void>)[] = []
    try {
      const builder = isolationLevel === undefined ? kysely.transaction() : kysely.transaction().setIsolationLevel(isolationLevel)
      const result = await builder.execute((transaction) =>
        work(Object.assign(transaction, { onCommit: (action: () => void | Promise<void>) => void actions.push(action) })),
      )
      await runAfterCommit(actions, log)
      return result
    } catch (error) {
      if (!isTransactionConflict(error) || attempt >= attempts) throw error
      await delay(5 * 2 ** attempt)
    }
  }
}

async function runAfterCommit(actions: readonly (() => void | Promise<void>)[], log: DatabaseLog): Promise<void> {
  for (const action of actions) {
    try {
      await action()
    } catch (error) {
      log.error({ err: error }, 'An action after commit failed; the change itself is stored')
    }
  }
}
