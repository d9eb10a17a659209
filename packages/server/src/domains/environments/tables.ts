import type { ColumnType } from 'kysely'

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
  tool: string | null
  cached: boolean | null
  seconds: number | null
  packages: ColumnType<PackageVersion[], string | undefined, string>
  error: string | null
  started_at: Date
  ended_at: Date | null
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    environment_builds: EnvironmentBuildsTable
  }
}
