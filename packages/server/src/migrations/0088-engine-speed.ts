import { sql, type Kysely } from 'kysely'

/**
 * Look-ups that the engine makes for every step: they must not grow with the number of steps that have run.
 * Rows that change often keep free space in their pages, so that a change needs no new index entries.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create index steps_near_by_name on steps (name, id) where outcome = 'Completed' and reuse_key is not null`,
  `create index steps_near_by_component on steps ((spec->>'componentId'), id)
    where outcome = 'Completed' and reuse_key is not null and spec->>'componentId' is not null`,
  `alter table resources set (fillfactor = 80)`,
  `alter table attempts set (fillfactor = 80)`,
]
