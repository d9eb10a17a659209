import { sql, type Kysely } from 'kysely'

/** Experiments, runs (one materialised row each), metric points, logged models. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table experiments (
    workspace_id text not null,
    experiment_id text not null,
    sequence bigserial not null,
    name text not null,
    artifact_location text not null,
    lifecycle_stage text not null default 'active',
    creation_time_ms bigint not null,
    last_update_time_ms bigint not null,
    tags jsonb not null default '{}',
    primary key (workspace_id, experiment_id)
  )`,
  `create unique index experiments_by_name on experiments (workspace_id, name)`,
  `create table runs (
    run_key bigserial primary key,
    workspace_id text not null,
    run_id text not null,
    experiment_id text not null,
    run_name text not null,
    user_id text not null,
    status text not null,
    start_time_ms bigint,
    end_time_ms bigint,
    lifecycle_stage text not null default 'active',
    deleted_time_ms bigint,
    artifact_uri text not null,
    params jsonb not null default '{}',
    tags jsonb not null default '{}',
    metrics jsonb not null default '{}',
    datasets jsonb not null default '[]',
    model_inputs jsonb not null default '[]',
    model_outputs jsonb not null default '[]',
    foreign key (workspace_id, experiment_id) references experiments on delete cascade
  ) with (fillfactor = 70)`,
  `create unique index runs_by_id on runs (workspace_id, run_id)`,
  `create index runs_listing on runs (workspace_id, experiment_id, start_time_ms desc, run_key)`,
  `create table metric_keys (key_id serial primary key, key text not null unique)`,
  `create table metric_points (
    run_key bigint not null references runs on delete cascade,
    key_id int not null,
    step bigint not null,
    timestamp_ms bigint not null,
    value double precision not null,
    primary key (run_key, key_id, step, timestamp_ms, value)
  )`,
  `create table logged_models (
    workspace_id text not null,
    model_id text not null,
    sequence bigserial not null,
    experiment_id text not null,
    name text not null,
    artifact_uri text not null,
    creation_time_ms bigint not null,
    last_update_time_ms bigint not null,
    source_run_id text,
    status text not null,
    status_message text,
    model_type text,
    tags jsonb not null default '{}',
    params jsonb not null default '{}',
    metrics jsonb not null default '[]',
    deleted_time_ms bigint,
    primary key (workspace_id, model_id),
    foreign key (workspace_id, experiment_id) references experiments on delete cascade
  )`,
  `create index logged_models_listing on logged_models (workspace_id, experiment_id, creation_time_ms desc, sequence)`,
]
