import type { JsonObject } from '../../kernel/tables.ts'
import type { ColumnType } from 'kysely'

/** jsonb: read as a value, written as its text. */
type Json = ColumnType<JsonObject, string | undefined, string>
type JsonOrNull = ColumnType<JsonObject | null, string | null | undefined, string | null>
type JsonList = ColumnType<unknown[], string | undefined, string>

export interface BlobContainersTable {
  account: string
  name: string
  /** Lower-case id of the workspace or registry whose container it is; null for one that belongs to the account alone. */
  owner_id: string | null
  created_at: Date
  etag: ColumnType<string, string | undefined, string>
  /** Null: since its creation. */
  modified_at: ColumnType<Date | null, Date | undefined, Date>
  metadata: Json
  /** Stored access policies that signatures may name. */
  policies: JsonList
  lease: JsonOrNull
}

export interface BlobsTable {
  account: string
  container: string
  name: string
  digest: string
  size_bytes: number
  content_type: string
  metadata: Json
  etag: string
  created_at: Date
  modified_at: Date
  blob_type: ColumnType<string, string | undefined, string>
  headers: Json
  tags: Json
  tier: JsonOrNull
  lease: JsonOrNull
  copy: JsonOrNull
}

interface BlobSnapshotsTable extends BlobsTable {
  /** When it was taken, as the protocol writes it; part of the key. */
  snapshot: string
}

interface BlobBlocksTable {
  account: string
  container: string
  name: string
  block_id: string
  digest: string
  size_bytes: number
  created_at: Date
}

interface BlobBlockListsTable {
  account: string
  container: string
  name: string
  /** Committed blocks in order, as [id, bytes]. */
  blocks: ColumnType<unknown[], string, string>
}

interface PathAccessTable {
  account: string
  container: string
  /** Without slashes at its ends; empty for the root of the file system. */
  path: string
  owner: string
  owning_group: string
  entries: ColumnType<unknown[], string, string>
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    blob_containers: BlobContainersTable
    blobs: BlobsTable
    blob_snapshots: BlobSnapshotsTable
    blob_blocks: BlobBlocksTable
    blob_block_lists: BlobBlockListsTable
    path_access: PathAccessTable
  }
}
