import { sql, type Kysely } from 'kysely'

/** What each attempt was really run with, and the exact Python of environments. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table environment_builds add column python_version text`,
  // {environment, inputs, outputs}: recorded before the program starts; the packages of an environment are in environment_locks.
  `alter table attempts add column execution jsonb`,
  // Environments in use are those of open attempts.
  `create index attempts_open_environments on attempts ((execution #>> '{environment,lockHash}')) where ended_at is null and execution is not null`,
  // Kept when the environment itself is collected: runs name it.
  `create table environment_locks (
    lock_hash text primary key,
    python_version text,
    packages jsonb not null,
    created_at timestamptz not null default now()
  )`,
]
