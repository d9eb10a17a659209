import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { ContentStore } from '../../src/kernel/content/content-store.ts'
import { openDatabase, type Db } from '../../src/kernel/db/database.ts'
import { startEmbeddedPostgres } from '../../src/kernel/db/embedded-postgres.ts'
import { silentLog } from '../../src/kernel/db/log.ts'
import { sql } from 'kysely'

/**
 * A power cut: PostgreSQL and the content store on a file system whose image is copied right after acknowledged writes, without sync or
 * unmount; that copy is what a disk would hold. With a commit interval of five minutes nothing reaches the image but by fsync.
 */

const canMount = process.geteuid?.() === 0 && existsSync('/dev/loop-control')
const imageBytes = 512 * 1024 * 1024
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp().catch(() => undefined)
})

async function run(command: string, ...parameters: string[]): Promise<number> {
  const child = spawn(command, parameters, { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

async function mounted(image: string, at: string): Promise<void> {
  await mkdir(at, { recursive: true })
  expect(await run('mount', '-o', 'loop,commit=300', image, at), `mount ${image}`).toBe(0)
  cleanUps.push(() => run('umount', '-l', at))
}

interface Acknowledged {
  readonly rows: number[]
  readonly digests: string[]
}

/** Writes until told to stop; each acknowledgement is noted outside the image before the next write. */
async function write(db: Db, store: ContentStore, rounds: number, note: string): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await db.kysely.executeQuery(sql`insert into acknowledged (id) values (${round})`.compile(db.kysely))
    const { digest } = await store.put(Buffer.from(`content ${round} `.repeat(1_000)))
    await appendFile(note, `${round} ${digest}\n`)
  }
}

async function acknowledgedIn(note: string): Promise<Acknowledged> {
  const lines = (await readFile(note, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
  return { rows: lines.map(([row]) => Number(row)), digests: lines.map(([, digest = '']) => digest) }
}

/** What of the acknowledged is there after the cut. `durable: false` is the control: without fsync some must be missing. */
async function survivors(durable: boolean): Promise<{ acknowledged: Acknowledged; found: Acknowledged }> {
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-power-'))
  cleanUps.push(() => rm(directory, { recursive: true, force: true }))
  const [image, copy, note] = ['disk.img', 'cut.img', 'acknowledged'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(image, '')
  await truncate(image, imageBytes)
  expect(await run('mkfs.ext4', '-q', '-F', image)).toBe(0)
  const disk = join(directory, 'disk')
  await mounted(image, disk)
  const server = await startEmbeddedPostgres({ dataDirectory: join(disk, 'postgres'), durable, log: silentLog })
  cleanUps.push(() => server.stop())
  const db = openDatabase({ connectionString: server.connectionString, poolSize: 2 })
  const store = await ContentStore.open({ directory: join(disk, 'content'), durable })
  await sql`create table acknowledged (id int primary key)`.execute(db.kysely)
  // What the set-up wrote is on the disk; only what comes now is at stake.
  expect(await run('sync', '-f', disk)).toBe(0)
  await write(db, store, 50, note)
  await copyFile(image, copy)
  await db.close()
  await server.stop()

  const after = join(directory, 'after')
  await mounted(copy, after)
  const acknowledged = await acknowledgedIn(note)
  const again = await ContentStore.open({ directory: join(after, 'content'), durable: true })
  const digests: string[] = []
  for (const digest of acknowledged.digests) if (await holds(again, digest)) digests.push(digest)
  // Without fsync the cluster may not even start again; then it has lost everything.
  const rows = rowsIn(join(after, 'postgres'))
  return { acknowledged, found: { rows: await (durable ? rows : rows.catch(() => [])), digests } }
}

async function holds(store: ContentStore, digest: string): Promise<boolean> {
  try {
    const hash = createHash('sha256')
    for await (const chunk of await store.open(digest)) hash.update(chunk as Buffer)
    return `sha256:${hash.digest('hex')}` === digest
  } catch {
    return false
  }
}

async function rowsIn(dataDirectory: string): Promise<number[]> {
  const server = await startEmbeddedPostgres({ dataDirectory, durable: true, log: silentLog })
  cleanUps.push(() => server.stop())
  const db = openDatabase({ connectionString: server.connectionString, poolSize: 1 })
  cleanUps.push(() => db.close())
  const { rows } = await sql<{ id: number }>`select id from acknowledged order by id`.execute(db.kysely)
  return rows.map(({ id }) => id)
}

it.skipIf(!canMount)(
  'after a power cut every acknowledged row and every acknowledged file is there (needs root and loop devices)',
  { timeout: 300_000 },
  async () => {
    const { acknowledged, found } = await survivors(true)
    expect(acknowledged.rows).toHaveLength(50)
    expect(found).toEqual(acknowledged)
  },
)

it.skipIf(!canMount)(
  'the same cut loses rows and files where fsync is off, so the test can tell (needs root and loop devices)',
  { timeout: 300_000 },
  async () => {
    const { acknowledged, found } = await survivors(false)
    expect(found.digests.length).toBeLessThan(acknowledged.digests.length)
    expect(found.rows.length).toBeLessThan(acknowledged.rows.length)
  },
)
