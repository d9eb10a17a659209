import { sql, type Kysely } from 'kysely'

/** Which job was started by invoking which batch endpoint and deployment. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table batch_invocations (
    sequence bigint generated always as identity primary key,
    job_id text not null unique,
    endpoint_id text not null,
    deployment_id text not null,
    invoked_at timestamptz not null default now()
  )`,
  `create index batch_invocations_endpoint on batch_invocations (endpoint_id, sequence desc)`,
  `create index batch_invocations_deployment on batch_invocations (deployment_id, sequence desc)`,
]
