import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { ContentStore } from '../kernel/content/index.ts'
import type { Db } from '../kernel/db/database.ts'
import { BackupError } from '../kernel/db/database-errors.ts'
import { executedMigrations } from '../kernel/db/migrate.ts'
import { columnList, quote, readSequences, readTables, type TableColumns } from './catalogue.ts'
import type { Manifest } from './manifest.ts'
import { RowHash } from './row-hash.ts'

export interface BackupOptions {
  readonly db: Db
  readonly content: ContentStore
  /** The file that opens the secrets; without it they cannot be read again. */
  readonly rootKeyText: string
  /** Created; must not exist or be empty. */
  readonly directory: string
  readonly now: Date
  readonly onProgress?: (text: string) => void
}

/**
 * Copies the whole instance while it runs: one snapshot of the database, then every object that the content store holds.
 * Objects are never changed, so what the snapshot names is there when the copy comes to it.
 * @throws BackupError the directory is not empty
 */
export async function backupInstance(options: BackupOptions): Promise<Manifest> {
  const { db, directory, now } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if ((await readdir(directory)).length > 0) throw new BackupError(`'${directory}' is not empty; name a new directory.`)
  await mkdir(join(directory, 'tables'), { mode: 0o700 })
  const client = await db.pool.connect()
  let database: Pick<Manifest, 'tables' | 'sequences' | 'serverVersion'>
  try {
    await client.query('begin isolation level repeatable read read only')
    database = await copyDatabase(client, options)
    await client.query('commit')
  } finally {
    client.release()
  }
  const content = await copyContent(options)
  await writeFile(join(directory, 'root.key'), options.rootKeyText, { mode: 0o600 })
  const manifest: Manifest = {
    format: 1,
    createdAt: now.toISOString(),
    migrations: [...(await executedMigrations(db))],
    ...database,
    content,
  }
  const handle = await open(join(directory, 'manifest.json'), 'wx', 0o600)
  await handle.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`)
  await handle.sync()
  await handle.close()
  return manifest
}

async function copyDatabase(
  client: ClientBase,
  options: BackupOptions,
): Promise<Pick<Manifest, 'tables' | 'sequences' | 'serverVersion'>> {
  const version = await client.query<{ server_version: string }>('show server_version')
  const tables: Manifest['tables'] = []
  for (const table of await readTables(client)) {
    const figures = await copyTable(client, table, join(options.directory, 'tables', `${table.name}.copy`))
    options.onProgress?.(`${table.name}: ${figures.rows} rows`)
    tables.push({ name: table.name, columns: [...table.columns], ...figures })
  }
  // Sequences are outside the snapshot: read last, they are never behind the rows.
  return { serverVersion: version.rows[0]?.server_version ?? '', tables, sequences: await readSequences(client) }
}

/** Writes a table's rows as COPY text and returns its figures. */
export async function copyTable(client: ClientBase, table: TableColumns, path: string) {
  const hash = new RowHash()
  const rows = client.query(copyTo(`copy (select ${columnList(table)} from ${quote(table.name)}) to stdout`))
  await pipeline(rows, hash, createWriteStream(path, { mode: 0o600 }))
  return hash.result()
}

async function copyContent(options: BackupOptions): Promise<string[]> {
  const target = join(options.directory, 'content')
  await mkdir(target, { mode: 0o700 })
  const digests: string[] = []
  for await (const object of options.content.list()) {
    await options.content.materialise(object.digest, join(target, object.digest.replace(':', '-')), { mode: 'copy' })
    digests.push(object.digest)
  }
  options.onProgress?.(`content: ${digests.length} objects`)
  return digests
}
