import { sql, type Migration } from 'kysely'
import { expect, test } from 'vitest'
import { migrations, seededTables } from '../../migrations/index.ts'
import { openDatabase } from './database.ts'
import { migrate, migrationNames } from './migrate.ts'
import { createTestDatabase } from './test-database.ts'

const create = (table: string): Migration => ({
  async up(db) {
    await sql.raw(`create table ${table} (id bigint primary key)`).execute(db)
  },
})

test('migrating from zero applies everything in order; a second time finds nothing to do', async () => {
  await using database = await createTestDatabase({ migrated: false })
  const names = Object.keys(migrations)
  expect(await migrate(database.db)).toEqual({ applied: names, version: names.at(-1) })
  expect(await migrate(database.db)).toEqual({ applied: [], version: names.at(-1) })
})

test('of two programs that start at once, one migrates and both succeed', async () => {
  await using database = await createTestDatabase({ migrated: false })
  await using other = openDatabase({ poolConfig: database.poolConfig, poolSize: 3 })
  const results = await Promise.all([migrate(database.db), migrate(other)])
  const names = Object.keys(migrations)
  expect(results.map((result) => result.version)).toEqual([names.at(-1), names.at(-1)])
  expect(results.flatMap((result) => result.applied)).toEqual(names)
})

test('a failing migration is rolled back and named', async () => {
  await using database = await createTestDatabase({ migrated: false })
  const broken: Migration = {
    async up(db) {
      await sql`create table half (id int)`.execute(db)
      await sql`select 1 / 0`.execute(db)
    },
  }
  const failing = migrate(database.db, { migrations: { '0001-first': create('first'), '0002-broken': broken } })
  await expect(failing).rejects.toThrow(/0002-broken.*division by zero/)
  const answer = await database.db.pool.query<{ half: string | null }>(`select to_regclass('half') as half`)
  expect(answer.rows[0]?.half).toBeNull()
})

test('a database of a newer version is refused', async () => {
  await using database = await createTestDatabase({ migrated: false })
  const first = { '0001-first': create('first') }
  await migrate(database.db, { migrations: { ...first, '0002-second': create('second') } })
  await expect(migrate(database.db, { migrations: first })).rejects.toThrow(/0002-second.*newer version/)
})

test('names and order of migrations are checked', () => {
  expect(migrationNames(migrations).length).toBeGreaterThan(0)
  expect(() => migrationNames({ 'add-runs': create('x') })).toThrow(/NNNN-name/)
  expect(() => migrationNames({ '0002-a': create('x'), '0002-b': create('y') })).toThrow(/higher number/)
})

test('only the seeded tables have rows in a fresh database', async () => {
  await using database = await createTestDatabase()
  const tables = await database.db.pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r','p') and relname not like 'kysely%'`,
  )
  const filled: string[] = []
  for (const { name } of tables.rows) {
    const answer = await database.db.pool.query(`select 1 from "${name}" limit 1`)
    if (answer.rowCount !== 0) filled.push(name)
  }
  expect(tables.rows.length).toBeGreaterThan(0)
  expect(filled.sort()).toEqual([...seededTables].sort())
})
