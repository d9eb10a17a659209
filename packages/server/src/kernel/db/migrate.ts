import { setTimeout as delay } from 'node:timers/promises'
import { Migrator, type Migration } from 'kysely'
import { migrations as allMigrations } from '../../migrations/index.ts'
import type { Db } from './database.ts'
import { SchemaVersionError } from './database-errors.ts'
import { silentLog, type DatabaseLog } from './log.ts'

export interface MigrateOptions {
  /** Default: the static map of the program. */
  readonly migrations?: Readonly<Record<string, Migration>>
  /** Stop after this migration; default: the newest. */
  readonly to?: string
  readonly log?: DatabaseLog
}

export interface MigrateResult {
  readonly applied: readonly string[]
  /** Name of the newest migration that the database has. */
  readonly version: string | undefined
}

const advisoryLockKey = 4_112_960_771
const namePattern = /^\d{4}-[a-z0-9]+(-[a-z0-9]+)*$/

/**
 * Brings the schema up to date. Safe to call from several processes at once: one works, the others wait and then find nothing to do.
 * @throws SchemaVersionError the database has migrations that this program does not know (it was used by a newer version)
 */
export async function migrate(db: Db, options: MigrateOptions = {}): Promise<MigrateResult> {
  const migrations = options.migrations ?? allMigrations
  const names = migrationNames(migrations)
  const session = await db.pool.connect()
  try {
    // Polling instead of pg_advisory_lock: a waiting statement holds a snapshot, for which `create index concurrently` would wait in turn.
    for (;;) {
      const answer = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [advisoryLockKey])
      if (answer.rows[0]?.locked === true) break
      await delay(100)
    }
    const done = await executedMigrations(db)
    refuseUnknown(done, names)
    return await run(db, migrations, { done, ...options })
  } finally {
    // Closing the session also gives the lock back, whatever state an error left the connection in.
    session.release(true)
  }
}

/** Names of the migrations a database has, oldest first; empty when it was never migrated. */
export async function executedMigrations(db: Db): Promise<readonly string[]> {
  const table = await db.pool.query<{ found: boolean }>(`select to_regclass('kysely_migration') is not null as found`)
  if (table.rows[0]?.found !== true) return []
  const answer = await db.pool.query<{ name: string }>('select name from kysely_migration order by name')
  return answer.rows.map((row) => row.name)
}

/** @throws SchemaVersionError a name is not `NNNN-name`, a number repeats, or the map is not in order */
export function migrationNames(migrations: Readonly<Record<string, Migration>>): readonly string[] {
  const names = Object.keys(migrations)
  names.forEach((name, index) => {
    if (!namePattern.test(name))
      throw new SchemaVersionError(`Migration '${name}' is not named NNNN-name, for example 0012-add-runs.`)
    const previous = names[index - 1]
    if (previous !== undefined && previous.slice(0, 4) >= name.slice(0, 4)) {
      throw new SchemaVersionError(
        `Migration '${name}' must have a higher number than '${previous}', which stands before it in the map.`,
      )
    }
  })
  return names
}

function refuseUnknown(done: readonly string[], names: readonly string[]): void {
  const unknown = done.filter((name) => !names.includes(name))
  if (unknown.length === 0) return
  throw new SchemaVersionError(
    `The database has migrations that this version does not know (${unknown.join(', ')}): it was used by a newer version. ` +
      `This one ends at '${names.at(-1) ?? 'nothing'}'. Start the newer version, or restore a backup made with this one.`,
  )
}

async function run(
  db: Db,
  migrations: Readonly<Record<string, Migration>>,
  { done, to, log = silentLog }: MigrateOptions & { readonly done: readonly string[] },
): Promise<MigrateResult> {
  const migrator = new Migrator({ db: db.kysely, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } })
  const { error, results = [] } = to === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(to)
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error')
    const reason = error instanceof Error ? error.message : String(error)
    throw new SchemaVersionError(`Migration '${failed?.migrationName ?? 'unknown'}' failed and was rolled back: ${reason}`, {
      cause: error,
    })
  }
  const applied = results.map((result) => result.migrationName)
  if (applied.length > 0) log.info({ applied }, 'Database schema brought up to date')
  return { applied, version: applied.at(-1) ?? done.at(-1) }
}
