import { sql, type Kysely } from 'kysely'

/** Secrets under envelope encryption: a key per scope (wrapped by the root key), a key per secret version (wrapped by its scope's). */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table scope_keys (
    scope text primary key,
    version int not null,
    root_key_id text not null,
    wrapped_key bytea not null,
    created_at timestamptz not null
  )`,
  `create table secrets (
    scope text not null,
    name text not null,
    latest_version int not null,
    deleted_at timestamptz,
    primary key (scope, name)
  )`,
  `create table secret_versions (
    scope text not null,
    name text not null,
    version int not null,
    scope_key_version int not null,
    wrapped_key bytea not null,
    sealed_value bytea not null,
    created_at timestamptz not null,
    primary key (scope, name, version),
    foreign key (scope, name) references secrets (scope, name) on delete cascade
  )`,
]
