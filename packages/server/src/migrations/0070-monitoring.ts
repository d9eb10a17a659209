import { sql, type Kysely } from 'kysely'

/** Runs of monitors with their metrics and histograms, and what came of the events that a subscription matched. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table monitor_runs (
    id text primary key,
    workspace_id text not null,
    schedule_id text not null,
    schedule_display_id text not null,
    trigger text not null,
    trigger_key text unique,
    requested_by jsonb not null,
    definition jsonb not null,
    status text not null default 'Queued',
    verdict text,
    window_start timestamptz,
    window_end timestamptz not null,
    signals jsonb not null default '[]',
    error text,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz
  )`,
  `create index monitor_runs_by_workspace on monitor_runs (workspace_id, created_at desc)`,
  `create index monitor_runs_by_schedule on monitor_runs (schedule_id, created_at desc)`,
  `create table monitor_metrics (
    run_id text not null references monitor_runs(id) on delete cascade,
    signal text not null,
    feature text not null,
    metric text not null,
    data_type text,
    value double precision,
    baseline_value double precision,
    threshold double precision,
    direction text not null,
    state text not null,
    reference_rows double precision not null,
    production_rows double precision not null,
    details jsonb not null default '{}',
    primary key (run_id, signal, feature, metric)
  )`,
  `create table monitor_histograms (
    run_id text not null references monitor_runs(id) on delete cascade,
    signal text not null,
    feature text not null,
    data_type text not null,
    histogram jsonb not null,
    primary key (run_id, signal, feature)
  )`,
  `create table event_deliveries (
    subscription_id text not null,
    event_sequence bigint not null,
    event_id text not null,
    event_type text not null,
    subject text not null,
    state text not null,
    reason text,
    job_id text,
    at timestamptz not null,
    primary key (subscription_id, event_sequence)
  )`,
]
