import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openDatabase } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { silentLog } from './log.ts'
import { isAlive } from './process-identity.ts'
import { defaultCandidates } from './run-as.ts'

let root: string
let dataDirectory: string
const children: ChildProcess[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fulcrum-pg-'))
  dataDirectory = join(root, 'postgres')
  // Accounts of the host must be able to enter what lies above the data directory.
  await chmod(root, 0o711)
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

const start = (more: { durable?: boolean; diesWithSupervisor?: boolean } = {}) =>
  startEmbeddedPostgres({ dataDirectory, durable: false, log: silentLog, ...more })

async function pidOf(server: { pid(): Promise<number | undefined> }): Promise<number> {
  const pid = await server.pid()
  if (pid === undefined) throw new Error('the server has no process id')
  return pid
}

describe('embedded PostgreSQL', () => {
  test('starts as the present user on a unix socket only, keeps data over a restart, and leaves no runtime directory', async () => {
    const first = await start()
    {
      await using db = openDatabase({ connectionString: first.connectionString })
      const answer = await sql<Record<string, string>>`select current_setting('listen_addresses') as addresses, version(),
        (select datlocale from pg_database where datname = current_database()) as locale`.execute(db.kysely)
      expect(answer.rows[0]).toMatchObject({ addresses: '', locale: 'C.UTF-8' })
      await sql`create table kept (id int)`.execute(db.kysely)
    }
    const runtimeDirectory = String(first.poolConfig.host)
    expect((await stat(runtimeDirectory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(dataDirectory, 'password'))).mode & 0o777).toBe(0o600)
    await first.stop()
    await expect(first.exited).resolves.toBeUndefined()
    await expect(stat(runtimeDirectory)).rejects.toMatchObject({ code: 'ENOENT' })
    await using second = await start()
    await using db = openDatabase({ poolConfig: second.poolConfig })
    await expect(sql`select * from kept`.execute(db.kysely)).resolves.toMatchObject({ rows: [] })
    await using wrong = openDatabase({ poolConfig: { ...second.poolConfig, password: 'guess' } })
    await expect(sql`select 1`.execute(wrong.kysely)).rejects.toMatchObject({ code: '28P01' })
  })

  test('acknowledged rows survive kill -9 of the server, which is started again', async () => {
    await using server = await start({ durable: true })
    await using db = openDatabase({ poolConfig: server.poolConfig, poolSize: 4 })
    await sql`create table log (id int primary key)`.execute(db.kysely)
    const acknowledged: number[] = []
    const killed = await pidOf(server)
    for (let id = 0; id < 200; id++) {
      if (id === 100) process.kill(killed, 'SIGKILL')
      await sql`insert into log (id) values (${id})`.execute(db.kysely).then(
        () => acknowledged.push(id),
        (error: unknown) => expect(error).toMatchObject({ name: 'DatabaseUnavailableError' }),
      )
    }
    await db.waitUntilReady({ timeoutMs: 20_000 })
    const answer = await sql<{ id: number }>`select id from log`.execute(db.kysely)
    const stored = new Set(answer.rows.map((row) => row.id))
    expect(acknowledged.length).toBeGreaterThanOrEqual(100)
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    expect(await pidOf(server)).not.toBe(killed)
  })

  test('a second owner of the same data directory is refused and told who has it', async () => {
    await using server = await start()
    await expect(start()).rejects.toThrow(`in use by process ${process.pid}`)
    expect(isAlive(await pidOf(server))).toBe(true)
  })

  test.each([true, false])('after kill -9 of the supervisor the next start is clean (server dies with it: %s)', async (dies) => {
    const { child, pid } = await startInChild(dies)
    child.kill('SIGKILL')
    await once(child, 'exit')
    if (dies) await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 })
    else expect(isAlive(pid)).toBe(true)
    await using server = await start()
    // An ended process is still listed until its new parent has collected it.
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 })
    await using db = openDatabase({ poolConfig: server.poolConfig })
    await expect(sql`select id from made_by_child`.execute(db.kysely)).resolves.toMatchObject({ rows: [{ id: 7 }] })
  })

  test('an interrupted creation is begun anew', async () => {
    const server = await start()
    await server.stop()
    await rm(join(dataDirectory, 'cluster', 'PG_VERSION'))
    await rename(join(dataDirectory, 'cluster'), join(dataDirectory, 'cluster.new'))
    await using again = await start()
    expect(isAlive(await pidOf(again))).toBe(true)
  })

  test('a cluster of another major version is refused with the way out', async () => {
    await (await start()).stop()
    await writeFile(join(dataDirectory, 'cluster', 'PG_VERSION'), '16\n')
    await expect(start()).rejects.toThrow(/made by PostgreSQL 16.*backup/)
  })
})

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  test('every way that this host allows works in turn on one data directory', async () => {
    const worked: string[] = []
    for (const candidate of await defaultCandidates()) {
      const options = { dataDirectory, durable: false, log: silentLog, runAsCandidates: [candidate] }
      const server = await startEmbeddedPostgres(options).catch((error: unknown) => {
        expect(String(error)).toContain(`  ${candidate.method}: `)
        return undefined
      })
      if (server === undefined) continue
      expect((await stat(join(dataDirectory, 'cluster'))).uid).toBe(candidate.uid)
      expect(await readFile(join(dataDirectory, 'run-as.json'), 'utf8')).toContain(candidate.method)
      await server.stop()
      worked.push(candidate.method)
    }
    expect(worked.length).toBeGreaterThan(0)
  }, 60_000)
})

async function startInChild(diesWithSupervisor: boolean): Promise<{ child: ChildProcess; pid: number }> {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const program = `
    import { startEmbeddedPostgres } from '${here}embedded-postgres.ts'
    import { openDatabase } from '${here}database.ts'
    const log = { info() {}, warn() {}, error() {} }
    const server = await startEmbeddedPostgres({ dataDirectory: '${dataDirectory}', durable: true, diesWithSupervisor: ${diesWithSupervisor}, log })
    const db = openDatabase({ poolConfig: server.poolConfig })
    await db.pool.query('create table made_by_child (id int)')
    await db.pool.query('insert into made_by_child values (7)')
    console.log(await server.pid())`
  const file = join(root, 'supervisor.mts')
  await writeFile(file, program)
  const tsx = createRequire(import.meta.url).resolve('tsx')
  const child = spawn(process.execPath, ['--import', tsx, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  if (child.stdout === null) throw new Error('no output')
  const [line] = await once(child.stdout, 'data')
  return { child, pid: Number(String(line)) }
}
