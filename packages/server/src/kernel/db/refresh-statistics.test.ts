import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { StatisticsRefresher } from './refresh-statistics.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false, poolSize: 1 })
})
afterAll(() => database.drop())

/** How many rows the planner expects. */
async function expectedRows(): Promise<number> {
  const { rows } = await sql<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>`
    explain (format json) select * from leases where until is not null`.execute(database.db.kysely)
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? Number.NaN
}

test('the planner knows of a table that was just filled, and is told again only when a lot has changed', async () => {
  const { kysely } = database.db
  const statistics = new StatisticsRefresher({ leases: ['until'] })
  await sql`create table leases (id bigint primary key, until timestamptz) with (autovacuum_enabled = off)`.execute(kysely)
  await sql`insert into leases select id, case when id <= 10 then now() end from generate_series(1, 5000) id`.execute(kysely)
  expect(await expectedRows()).toBeGreaterThan(1_000)
  // Sessions report what they changed when they come to rest.
  await vi.waitFor(async () => expect(await statistics.refresh(kysely)).toEqual(['leases']), { timeout: 20_000, interval: 100 })
  expect(await expectedRows()).toBeLessThan(50)
  await sql`insert into leases select id from generate_series(5001, 5100) id`.execute(kysely)
  await sql`select pg_stat_force_next_flush()`.execute(kysely)
  expect(await statistics.refresh(kysely)).toEqual([])
})
