import { sql, type Kysely } from 'kysely'

/** Control flow of pipelines: steps that loops added, steps that run last, retries that users asked for, reruns. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table steps
    add column parent_id bigint references steps(id) on delete cascade,
    add column iteration int,
    add column open_iterations int,
    add column finalizer boolean not null default false,
    add column user_failures int not null default 0,
    add column cancel_reason jsonb`,
  `create index steps_of_loop on steps (parent_id, iteration) where parent_id is not null`,
  // A pipeline may have 30,000 steps ready; the few control-flow nodes among them are looked for all the time.
  `create index steps_control_open on steps (id) where state in ('Ready', 'Active') and spec->>'type' in ('if_else', 'do_while', 'parallel_for')`,
  `alter table jobs
    add column finalizing_at timestamptz,
    add column rerun_of bigint`,
]
