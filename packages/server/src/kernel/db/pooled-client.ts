import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { DatabaseUnavailableError, isConnectionLoss } from './database-errors.ts'

/** Gives Kysely the pool, with lost connections reported as `DatabaseUnavailableError`. */
export function translatingPool(pool: Pool): PostgresPool {
  const wrapped = new WeakMap<PoolClient, PostgresPoolClient>()
  return {
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw translate(error, '')
      })
      const known = wrapped.get(client)
      if (known !== undefined) return known
      const wrapper = new TranslatingClient(client)
      wrapped.set(client, wrapper)
      return wrapper
    },
    end: () => pool.end(),
  }
}

class TranslatingClient implements PostgresPoolClient {
  readonly #client: PoolClient
  /** The server announces a shutdown before the socket closes: until then the pool would hand the connection out again. */
  #isLost = false

  constructor(client: PoolClient) {
    this.#client = client
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  query<Row>(query: string | PostgresCursor<Row>, parameters?: readonly unknown[]): unknown {
    if (typeof query !== 'string') throw new Error('Cursors are not used here: read in pages by key.')
    return this.#client.query(query, [...(parameters ?? [])]).catch((error: unknown) => {
      this.#isLost ||= isConnectionLoss(error)
      throw translate(error, query)
    })
  }

  release(): void {
    this.#client.release(this.#isLost)
  }
}

function translate(error: unknown, statement: string): unknown {
  return isConnectionLoss(error) ? new DatabaseUnavailableError(error, statement === 'commit') : error
}
