import type { ColumnType, Generated } from 'kysely'

export interface PackageVersion {
  readonly name: string
  readonly version: string
}

export interface EnvironmentBuildsTable {
  /** SHA-256 of what was asked for: requirements, Python, wheel directories. */
  definition_hash: string
  state: string
  lock_hash: string | null
  directory: string | null
  python: string | null
  /** `3.11.7`. */
  python_version: string | null
  tool: string | null
  cached: boolean | null
  seconds: number | null
  packages: ColumnType<PackageVersion[], string | undefined, string>
  error: string | null
  started_at: Date
  ended_at: Date | null
}

export interface EnvironmentLocksTable {
  lock_hash: string
  python_version: string | null
  packages: ColumnType<PackageVersion[], string, string>
  created_at: Generated<Date>
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    environment_builds: EnvironmentBuildsTable
    environment_locks: EnvironmentLocksTable
  }
}
