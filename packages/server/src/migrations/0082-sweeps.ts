import { sql, type Kysely } from 'kysely'

/** Sweeps and their trials; which jobs have been looked at through the run history. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table sweeps (
    step_id bigint primary key references steps(id) on delete cascade,
    deadline timestamptz,
    started_at timestamptz not null default now(),
    ended_at timestamptz
  )`,
  `create index sweeps_open on sweeps (step_id) where ended_at is null`,
  `create table sweep_trials (
    step_id bigint not null references sweeps(step_id) on delete cascade,
    number int not null,
    job_id bigint not null,
    name text not null,
    point jsonb not null,
    parameters jsonb not null,
    status text,
    objective double precision,
    outputs jsonb not null default '{}',
    evaluated_interval int not null default 0,
    stop_reason text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (step_id, number)
  )`,
  `create index sweep_trials_open on sweep_trials (step_id) where status is null`,
  // A pipeline may have 30,000 steps ready; the few sweeps among them are looked for all the time.
  `create index steps_ready_sweeps on steps (id) where state = 'Ready' and spec->>'type' = 'sweep'`,
  `create table job_reads (
    resource_id text primary key,
    first_read_at timestamptz not null default now()
  )`,
]
