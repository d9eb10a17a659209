import { sql, type Kysely } from 'kysely'

/** Who fired a schedule, and why a fire made no job. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table schedule_fires add column manual boolean not null default false`,
  `alter table schedule_fires add column error jsonb`,
]
