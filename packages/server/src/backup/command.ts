import { access, copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Config } from '../kernel/config/index.ts'
import { ContentStore } from '../kernel/content/index.ts'
import { openDatabase } from '../kernel/db/database.ts'
import { BackupError } from '../kernel/db/database-errors.ts'
import { startEmbeddedPostgres } from '../kernel/db/embedded-postgres.ts'
import { backupInstance } from './backup.ts'
import { readManifest, restoreInstance } from './restore.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** `main.js backup <directory>`: of the running instance, or of a stopped one. */
export async function runBackup(config: Config, directory: string | undefined): Promise<void> {
  if (directory === undefined) throw new BackupError('Name the directory to write: backup <directory>.')
  await using database = await reachDatabase(config)
  const content = await ContentStore.open({ directory: join(config.dataDirectory, 'content'), durable: true })
  const rootKeyText = await readFile(join(config.dataDirectory, 'keys', 'root.key'), 'utf8')
  const manifest = await backupInstance({ db: database.db, content, rootKeyText, directory, now: new Date(), onProgress: print })
  print(`Backed up ${manifest.tables.length} tables and ${manifest.content.length} objects to ${directory}`)
}

/** `main.js restore <directory>`: into a data directory or database that holds nothing yet. */
export async function runRestore(config: Config, directory: string | undefined): Promise<void> {
  if (directory === undefined) throw new BackupError('Name the backup to read: restore <directory>.')
  await readManifest(directory)
  const keyPath = join(config.dataDirectory, 'keys', 'root.key')
  if (await exists(keyPath))
    throw new BackupError(`'${config.dataDirectory}' already holds an instance. Set FULCRUM_HOME to a new directory.`)
  await mkdir(join(config.dataDirectory, 'keys'), { recursive: true, mode: 0o700 })
  await using database = await reachDatabase(config)
  const content = await ContentStore.open({ directory: join(config.dataDirectory, 'content'), durable: true })
  const manifest = await restoreInstance({ db: database.db, content, directory, onProgress: print })
  await copyFile(join(directory, 'root.key'), keyPath)
  print(`Restored ${manifest.tables.length} tables and ${manifest.content.length} objects from ${manifest.createdAt}`)
}

/** The configured database, that of the instance running here, or the embedded one started for the moment. */
async function reachDatabase(config: Config) {
  const running = await readFile(join(config.dataDirectory, 'database-url'), 'utf8').catch(() => undefined)
  for (const connectionString of [config.databaseUrl, running]) {
    if (connectionString === undefined) continue
    const db = openDatabase({ connectionString, poolSize: 2 })
    const ready = await db.waitUntilReady({ timeoutMs: 1_000 }).then(
      () => true,
      () => false,
    )
    if (ready) return { db, [Symbol.asyncDispose]: () => db.close() }
    await db.close()
  }
  const log = pino({ level: 'warn' })
  const embedded = await startEmbeddedPostgres({ dataDirectory: join(config.dataDirectory, 'postgres'), durable: true, log })
  const db = openDatabase({ connectionString: embedded.connectionString, poolSize: 2 })
  return {
    db,
    async [Symbol.asyncDispose]() {
      await db.close()
      await embedded.stop()
    },
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
