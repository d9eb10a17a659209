import { sql, type Kysely } from 'kysely'

/** The kernel's tables: resources, events (outbox and audit), tasks, asynchronous operations, principals and credentials. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table resources (
    id text primary key,
    display_id text not null,
    type text not null,
    display_type text not null,
    name text not null,
    parent_id text not null,
    workspace_id text,
    resource_group text,
    location text,
    tags jsonb not null default '{}',
    identity jsonb,
    sku jsonb,
    kind text,
    properties jsonb not null default '{}',
    status jsonb not null default '{}',
    etag bigint not null default 1,
    created_sequence bigserial not null,
    created_by text not null,
    created_by_type text not null,
    created_at timestamptz not null,
    modified_by text not null,
    modified_by_type text not null,
    modified_at timestamptz not null
  )`,
  `create index resources_listing on resources (type, parent_id, created_sequence)`,
  `create index resources_by_type on resources (type, created_sequence)`,
  `create index resources_prefix on resources (id text_pattern_ops)`,
  `create table events (
    insert_id bigserial primary key,
    sequence bigint unique,
    id text not null unique,
    time timestamptz not null,
    type text not null,
    subject text not null,
    workspace_id text,
    actor jsonb not null,
    action text not null,
    result text not null,
    request_id text,
    data jsonb not null default '{}',
    previous_hash text,
    hash text
  )`,
  `create index events_unsealed on events (insert_id) where sequence is null`,
  `create index events_by_subject on events (lower(subject) text_pattern_ops, sequence)`,
  `create index events_by_type on events (type, sequence)`,
  `create function forbid_sealed_event_change() returns trigger language plpgsql as $$
    begin
      if old.sequence is not null then raise exception 'sealed events cannot be changed'; end if;
      if tg_op = 'DELETE' then raise exception 'events cannot be deleted'; end if;
      return new;
    end $$`,
  `create trigger events_are_append_only before update or delete on events for each row execute function forbid_sealed_event_change()`,
  `create table event_cursors (reader text primary key, sequence bigint not null)`,
  `create table tasks (
    id bigserial primary key,
    kind text not null,
    key text not null,
    payload jsonb not null default '{}',
    state text not null default 'ready',
    attempt int not null default 0,
    not_before timestamptz not null default now(),
    lease_until timestamptz,
    holder text,
    requested int not null default 1,
    failures int not null default 0,
    last_error text,
    created_at timestamptz not null default now(),
    unique (kind, key)
  ) with (fillfactor = 80)`,
  `create index tasks_ready on tasks (not_before, id) where state = 'ready'`,
  `create index tasks_leased on tasks (lease_until) where state = 'running'`,
  `create table async_operations (
    id text primary key,
    resource_id text not null,
    kind text not null,
    status text not null,
    error jsonb,
    created_by text not null,
    created_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index async_operations_open on async_operations (resource_id) where ended_at is null`,
  `create table generations (name text primary key, value bigint not null)`,
  `insert into generations (name, value) values ('authorization', 1)`,
  `create table principals (
    id text primary key,
    kind text not null,
    name text not null,
    display_name text not null,
    email text,
    password_hash text,
    application_id text unique,
    owner_id text,
    enabled boolean not null default true,
    epoch int not null default 1,
    created_at timestamptz not null
  )`,
  `create unique index principals_by_name on principals (kind, lower(name))`,
  `create table group_members (group_id text not null references principals(id) on delete cascade,
    member_id text not null references principals(id) on delete cascade, primary key (group_id, member_id))`,
  `create index group_members_by_member on group_members (member_id)`,
  `create table credentials (
    id text primary key,
    kind text not null,
    principal_id text not null references principals(id) on delete cascade,
    secret_hash bytea not null,
    name text not null,
    scopes jsonb,
    bound_to text,
    single_use boolean not null default false,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
  )`,
  `create index credentials_by_principal on credentials (principal_id)`,
  `create index credentials_by_binding on credentials (bound_to) where bound_to is not null`,
  `create table signing_keys (kid text primary key, algorithm text not null, public_jwk jsonb not null, private_sealed text not null, created_at timestamptz not null)`,
]
