import { sql, type Kysely } from 'kysely'

/** What the Blob protocol knows beyond bytes and metadata: leases, tiers, tags, snapshots, block lists, access control of paths. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table blob_containers
    add column etag text not null default '"0x1"',
    add column modified_at timestamptz,
    add column metadata jsonb not null default '{}',
    add column policies jsonb not null default '[]',
    add column lease jsonb`,
  `alter table blobs
    add column blob_type text not null default 'BlockBlob',
    add column headers jsonb not null default '{}',
    add column tags jsonb not null default '{}',
    add column tier jsonb,
    add column lease jsonb,
    add column copy jsonb`,
  `create table blob_snapshots (like blobs including defaults)`,
  `alter table blob_snapshots
    add column snapshot text not null,
    add primary key (account, container, name, snapshot),
    add foreign key (account, container) references blob_containers (account, name) on delete cascade`,
  `create table blob_block_lists (
    account text not null,
    container text not null,
    name text collate "C" not null,
    blocks jsonb not null,
    primary key (account, container, name),
    foreign key (account, container, name) references blobs (account, container, name) on delete cascade on update cascade
  )`,
  `create table path_access (
    account text not null,
    container text not null,
    path text collate "C" not null,
    owner text not null,
    owning_group text not null,
    entries jsonb not null,
    primary key (account, container, path),
    foreign key (account, container) references blob_containers (account, name) on delete cascade
  )`,
]
