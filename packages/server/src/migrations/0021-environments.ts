import { sql, type Kysely } from 'kysely'

/** One row per environment definition that was built here: its newest build. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table environment_builds (
    definition_hash text primary key,
    state text not null,
    lock_hash text,
    directory text,
    python text,
    tool text,
    cached boolean,
    seconds double precision,
    packages jsonb not null default '[]',
    error text,
    started_at timestamptz not null,
    ended_at timestamptz
  )`,
    )
    .execute(db)
}
