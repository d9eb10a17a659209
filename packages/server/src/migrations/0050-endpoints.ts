import { sql, type Kysely } from 'kysely'

/** Online endpoints: what the gateways serve, what they report, and what passed through them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table serving_endpoints (
    endpoint_id text primary key,
    workspace_id text not null,
    path text not null unique,
    route jsonb not null
  )`,
  `create table serving_deployments (
    deployment_id text primary key,
    endpoint_id text not null,
    revision bigint not null,
    spec_hash text not null,
    requested_at timestamptz not null,
    plan jsonb not null
  )`,
  `create index serving_deployments_by_endpoint on serving_deployments (endpoint_id)`,
  `create sequence serving_revisions`,
  `create table serving_gateways (
    gateway_id text primary key,
    address text not null,
    generation bigint not null,
    heartbeat_at timestamptz not null
  )`,
  `create table serving_instances (
    deployment_id text not null,
    gateway_id text not null,
    revision bigint not null,
    state text not null,
    ready_instances int not null,
    report jsonb not null,
    reported_at timestamptz not null,
    primary key (deployment_id, gateway_id)
  )`,
  `create table endpoint_metrics (
    endpoint_id text not null,
    deployment text not null,
    minute timestamptz not null,
    gateway_id text not null,
    counters jsonb not null,
    primary key (endpoint_id, minute, deployment, gateway_id)
  )`,
  `create table endpoint_traffic_logs (
    id bigserial primary key,
    endpoint_id text not null,
    deployment text not null,
    time timestamptz not null,
    entry jsonb not null
  )`,
  `create index endpoint_traffic_logs_by_endpoint on endpoint_traffic_logs (endpoint_id, id)`,
]
