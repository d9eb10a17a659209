import { sql, type Kysely } from 'kysely'

/** Blobs: names are keys of rows, bytes live in the content store under their digest. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table blob_containers (
    account text not null,
    name text not null,
    owner_id text,
    created_at timestamptz not null,
    primary key (account, name)
  )`,
  `create table blobs (
    account text not null,
    container text not null,
    name text collate "C" not null,
    digest text not null,
    size_bytes bigint not null,
    content_type text not null,
    metadata jsonb not null default '{}',
    etag text not null,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (account, container, name),
    foreign key (account, container) references blob_containers (account, name) on delete cascade
  )`,
  `create index blobs_digest on blobs (digest)`,
  `create table blob_blocks (
    account text not null,
    container text not null,
    name text collate "C" not null,
    block_id text not null,
    digest text not null,
    size_bytes bigint not null,
    created_at timestamptz not null,
    primary key (account, container, name, block_id),
    foreign key (account, container) references blob_containers (account, name) on delete cascade
  )`,
]
