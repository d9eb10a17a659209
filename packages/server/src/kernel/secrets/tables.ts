import type { ColumnType } from 'kysely'

export interface ScopeKeysTable {
  scope: string
  version: number
  /** The {@link RootKey.id} under which `wrapped_key` is sealed. */
  root_key_id: string
  wrapped_key: Buffer
  created_at: Date
}

export interface SecretsTable {
  scope: string
  name: string
  latest_version: number
  /** Set for a deleted secret; the row stays so that a version number is never used twice. */
  deleted_at: Date | null
}

export interface SecretVersionsTable {
  scope: string
  name: string
  version: ColumnType<number, number, never>
  scope_key_version: number
  wrapped_key: Buffer
  sealed_value: Buffer
  created_at: Date
}

declare module '../db/schema.ts' {
  interface Database {
    scope_keys: ScopeKeysTable
    secrets: SecretsTable
    secret_versions: SecretVersionsTable
  }
}
