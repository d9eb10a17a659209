import { sql, type Kysely } from 'kysely'

/** The job engine: graphs of steps with attempts, and what happened to them; schedule firings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table jobs (
    id bigserial primary key,
    resource_id text not null unique,
    workspace_id text not null,
    kind text not null,
    submitter jsonb not null,
    continue_on_step_failure boolean not null default false,
    force_rerun boolean not null default false,
    deadline timestamptz,
    cancel_requested_at timestamptz,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz
  )`,
  `create index jobs_open on jobs (id) where ended_at is null`,
  `create table steps (
    id bigserial primary key,
    job_id bigint not null references jobs(id) on delete cascade,
    name text not null,
    resource_id text not null,
    spec jsonb not null,
    state text not null,
    outcome text,
    remaining int not null,
    attempt int not null default 0,
    infrastructure_failures int not null default 0,
    priority int not null default 0,
    not_before timestamptz not null default now(),
    lease_until timestamptz,
    holder text,
    cancel_requested_at timestamptz,
    reuse_key text,
    key_fields jsonb,
    reuse_decision jsonb,
    outputs jsonb not null default '{}',
    error jsonb,
    unique (job_id, name)
  ) with (fillfactor = 80)`,
  `create index steps_ready on steps (priority desc, id) where state = 'Ready'`,
  `create index steps_open on steps (job_id) where state <> 'Done'`,
  `create index steps_leased on steps (lease_until) where lease_until is not null`,
  `create index steps_by_resource on steps (resource_id)`,
  `create index steps_reusable on steps (reuse_key, id) where outcome = 'Completed'`,
  `create table edges (
    source bigint not null references steps(id) on delete cascade,
    target bigint not null references steps(id) on delete cascade,
    primary key (source, target)
  )`,
  `create index edges_by_target on edges (target)`,
  `create table attempts (
    step_id bigint not null references steps(id) on delete cascade,
    attempt int not null,
    token text not null unique,
    directory text not null,
    process jsonb,
    exit jsonb,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (step_id, attempt)
  )`,
  `create table job_events (
    sequence bigserial primary key,
    transaction_id xid8 not null default pg_current_xact_id(),
    job_id bigint not null,
    step_id bigint,
    attempt int,
    from_state text,
    to_state text not null,
    at timestamptz not null default now(),
    data jsonb
  )`,
  `create index job_events_by_step on job_events (step_id, sequence)`,
  `create index job_events_by_job on job_events (job_id, sequence)`,
  `create table schedule_fires (
    schedule_id text not null,
    fire_time timestamptz not null,
    job_id text,
    fired_at timestamptz not null default now(),
    primary key (schedule_id, fire_time)
  )`,
]
