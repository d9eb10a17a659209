import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StatementNames } from './statement-names.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
beforeAll(async () => {
  // One connection: what was prepared on it is met again.
  database = await createTestDatabase({ poolSize: 1, migrated: false })
  await sql`create table readings (id bigint primary key, value int not null)`.execute(database.db.kysely)
  await sql`insert into readings values (1, 10), (2, 20)`.execute(database.db.kysely)
})
afterAll(() => database.drop())

const readingOf = (id: number) =>
  sql<{ id: number; value: number }>`select * from readings where id = ${id}`.execute(database.db.kysely)

const preparedTexts = async (): Promise<string[]> => {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(database.db.kysely)
  return rows.map((row) => row.statement)
}

test('a statement that comes often is prepared, and goes on answering for each value', async () => {
  for (let round = 0; round < 8; round += 1) {
    expect((await readingOf(1)).rows).toEqual([{ id: 1, value: 10 }])
    expect((await readingOf(2)).rows).toEqual([{ id: 2, value: 20 }])
  }
  expect(await preparedTexts()).toContain('select * from readings where id = $1')
})

test('a migration that changes what a prepared statement gives is noticed by nobody, inside of transactions or outside', async () => {
  for (let round = 0; round < 8; round += 1) await readingOf(1)
  await sql`alter table readings add column unit text not null default 'mm'`.execute(database.db.kysely)
  expect((await readingOf(1)).rows).toEqual([{ id: 1, value: 10, unit: 'mm' }])
  for (let round = 0; round < 8; round += 1) await readingOf(1)
  await sql`alter table readings add column place text`.execute(database.db.kysely)
  const rows = await database.db.transaction(async (tx) => {
    const found = await sql`select * from readings where id = ${2}`.execute(tx)
    return found.rows
  })
  expect(rows).toEqual([{ id: 2, value: 20, unit: 'mm', place: null }])
})

test('texts that vary are never prepared, and no more are kept than a connection can hold', () => {
  const names = new StatementNames()
  for (let index = 0; index < 10_000; index += 1) expect(names.nameOf(`select ${index}, $1`)).toBeUndefined()
  const often = Array.from({ length: 400 }, (_, index) => `select $1 + ${index}`)
  for (let round = 0; round < 5; round += 1) for (const text of often) names.nameOf(text)
  const named = often.map((text) => names.nameOf(text)).filter((name) => name !== undefined)
  expect(new Set(named).size).toBe(named.length)
  expect(named).toHaveLength(300)
  expect(names.nameOf('commit')).toBeUndefined()
})
