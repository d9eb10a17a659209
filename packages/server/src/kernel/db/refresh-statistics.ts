import { sql } from 'kysely'
import type { Executor } from './schema.ts'

/** Tables with the columns by which they are searched. */
export type SearchedColumns = Readonly<Record<string, readonly string[]>>

const leastChanges = 250
const changedShare = 0.2

/**
 * Tells the planner of tables that have changed a lot. PostgreSQL does so once a minute by itself; until then it believes that a table
 * that was just filled is small, or that every row has a lease, and reads all of it for the few that are wanted.
 */
export class StatisticsRefresher {
  readonly #tables: SearchedColumns
  /** Changes at the last look: an `analyze` of single columns does not start the count anew. */
  readonly #seen = new Map<string, number>()

  constructor(tables: SearchedColumns) {
    this.#tables = tables
  }

  /** @returns the tables that were looked at */
  async refresh(db: Executor): Promise<string[]> {
    const found = await sql<{ name: string; changes: number; live: number }>`
      select relname::text as name, n_mod_since_analyze as changes, n_live_tup as live from pg_stat_user_tables
      where relname = any(${Object.keys(this.#tables)}::text[])`.execute(db)
    const changed = found.rows.filter(({ name, changes, live }) => {
      const seen = this.#seen.get(name) ?? 0
      return changes - (seen > changes ? 0 : seen) > leastChanges + changedShare * live
    })
    for (const { name, changes } of changed) {
      const columns = sql.join((this.#tables[name] ?? []).map((column) => sql.ref(column)))
      await sql`analyze ${sql.table(name)} (${columns})`.execute(db)
      this.#seen.set(name, changes)
    }
    return changed.map((row) => row.name)
  }
}
