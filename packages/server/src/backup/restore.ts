import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { ContentStore } from '../kernel/content/index.ts'
import type { Db } from '../kernel/db/database.ts'
import { BackupError } from '../kernel/db/database-errors.ts'
import { migrate } from '../kernel/db/migrate.ts'
import { migrations, seededTables } from '../migrations/index.ts'
import { copyTable } from './backup.ts'
import { columnList, quote, readTables } from './catalogue.ts'
import { manifestSchema, type Manifest } from './manifest.ts'
import { RowHash } from './row-hash.ts'

export interface RestoreOptions {
  /** An empty database, of any PostgreSQL major from 15 on. */
  readonly db: Db
  readonly content: ContentStore
  readonly directory: string
  readonly onProgress?: (text: string) => void
}

/** Reads and checks what a backup says about itself. @throws BackupError not a backup, or of a newer release */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8').catch(() => undefined)
  if (text === undefined) throw new BackupError(`'${directory}' is not a complete backup: it has no manifest.json.`)
  const parsed = manifestSchema.safeParse(JSON.parse(text))
  if (!parsed.success)
    throw new BackupError(`The manifest in '${directory}' is damaged: ${parsed.error.issues[0]?.message ?? ''}.`)
  const unknown = parsed.data.migrations.filter((name) => !(name in migrations))
  if (unknown.length > 0)
    throw new BackupError(`The backup was made by a newer release: it knows migration '${unknown[0]}'. Update first.`)
  return parsed.data
}

/**
 * Brings a backup back into an empty database and the content store, and proves it by reading everything again.
 * @throws BackupError the target is not empty, a file is damaged, or what came back is not what was backed up
 */
export async function restoreInstance(options: RestoreOptions): Promise<Manifest> {
  const manifest = await readManifest(options.directory)
  const last = manifest.migrations.at(-1)
  await migrate(options.db, last === undefined ? {} : { to: last })
  await restoreContent(options, manifest)
  const client = await options.db.pool.connect()
  try {
    await client.query('begin')
    await refuseRows(client)
    for (const table of seededTables) await client.query(`delete from ${quote(table)}`)
    for (const table of manifest.tables) await loadTable(client, options, table)
    for (const { name, lastValue, isCalled } of manifest.sequences)
      await client.query('select setval($1::regclass, $2, $3)', [quote(name), lastValue, isCalled])
    await verifyTables(client, manifest)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
  await migrate(options.db)
  return manifest
}

async function refuseRows(client: ClientBase): Promise<void> {
  for (const table of await readTables(client)) {
    if (seededTables.includes(table.name)) continue
    const found = await client.query(`select 1 from ${quote(table.name)} limit 1`)
    if (found.rowCount !== 0)
      throw new BackupError(`The target is not empty: table '${table.name}' has rows. Restore into a new instance.`)
  }
}

async function loadTable(client: ClientBase, options: RestoreOptions, table: Manifest['tables'][number]): Promise<void> {
  const hash = new RowHash()
  const rows = client.query(copyFrom(`copy ${quote(table.name)} (${columnList(table)}) from stdin`))
  await pipeline(createReadStream(join(options.directory, 'tables', `${table.name}.copy`)), hash, rows)
  if (hash.result().sha256 !== table.sha256)
    throw new BackupError(`The file of table '${table.name}' is damaged: its hash is not the one in the manifest.`)
  options.onProgress?.(`${table.name}: ${table.rows} rows`)
}

/** Copies every table out again and compares counts and content hashes. */
async function verifyTables(client: ClientBase, manifest: Manifest): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'fulcrum-verify-'))
  try {
    for (const table of manifest.tables) {
      const figures = await copyTable(client, table, join(scratch, 'table.copy'))
      if (figures.rows !== table.rows || figures.contentHash !== table.contentHash) {
        throw new BackupError(`Table '${table.name}' did not come back as it was: ${figures.rows} of ${table.rows} rows.`)
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function restoreContent(options: RestoreOptions, manifest: Manifest): Promise<void> {
  for (const digest of manifest.content) {
    const stored = await options.content.putFile(join(options.directory, 'content', digest.replace(':', '-')))
    if (stored.digest !== digest) throw new BackupError(`Content object ${digest} is damaged in the backup.`)
  }
  options.onProgress?.(`content: ${manifest.content.length} objects`)
}
