import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { DatabaseUnavailableError, isConnectionLoss, isStalePlan } from './database-errors.ts'
import { StatementNames } from './statement-names.ts'

/** Gives Kysely the pool: lost connections are reported as `DatabaseUnavailableError`, statements that come often are prepared. */
export function translatingPool(pool: Pool): PostgresPool {
  const wrapped = new WeakMap<PoolClient, PostgresPoolClient>()
  const names = new StatementNames()
  return {
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw translate(error, '')
      })
      const known = wrapped.get(client)
      if (known !== undefined) return known
      const wrapper = new TranslatingClient(client, names)
      wrapped.set(client, wrapper)
      return wrapper
    },
    end: () => pool.end(),
  }
}

class TranslatingClient implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #names: StatementNames
  /** The server announces a shutdown before the socket closes: until then the pool would hand the connection out again. */
  #isLost = false

  constructor(client: PoolClient, names: StatementNames) {
    this.#client = client
    this.#names = names
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  query<Row>(query: string | PostgresCursor<Row>, parameters?: readonly unknown[]): unknown {
    if (typeof query !== 'string') throw new Error('Cursors are not used here: read in pages by key.')
    return this.#run(query, [...(parameters ?? [])]).catch((error: unknown) => {
      this.#isLost ||= isConnectionLoss(error)
      throw translate(error, query)
    })
  }

  async #run(text: string, values: unknown[]): Promise<unknown> {
    const name = this.#names.nameOf(text)
    if (name === undefined) return this.#client.query(text, values)
    return this.#client.query({ name, text, values }).catch((error: unknown) => {
      if (!isStalePlan(error)) throw error
      // A migration changed what the statement gives. Outside of transactions it can be sent as it is; this connection is not kept.
      this.#isLost = true
      return this.#client.query(text, values).catch(() => {
        throw error
      })
    })
  }

  release(): void {
    this.#client.release(this.#isLost)
  }
}

function translate(error: unknown, statement: string): unknown {
  return isConnectionLoss(error) ? new DatabaseUnavailableError(error, statement === 'commit') : error
}
