import type { JsonObject } from '../../kernel/tables.ts'
import type { ColumnType } from 'kysely'

interface BlobContainersTable {
  account: string
  name: string
  /** Lower-case id of the workspace or registry whose container it is; null for one that belongs to the account alone. */
  owner_id: string | null
  created_at: Date
}

export interface BlobsTable {
  account: string
  container: string
  name: string
  digest: string
  size_bytes: number
  content_type: string
  metadata: ColumnType<JsonObject, string | undefined, string>
  etag: string
  created_at: Date
  modified_at: Date
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

declare module '../../kernel/db/schema.ts' {
  interface Database {
    blob_containers: BlobContainersTable
    blobs: BlobsTable
    blob_blocks: BlobBlocksTable
  }
}
