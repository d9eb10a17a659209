import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabase } from './database.ts'
import { DatabaseUnavailableError } from './database-errors.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await sql`create table pairs (id bigint primary key, value bigint not null, body jsonb)`.execute(database.db.kysely)
  await sql`insert into pairs (id, value) values (1, 0), (2, 0)`.execute(database.db.kysely)
})
afterAll(() => database.drop())

describe('values', () => {
  test('bigint, bigint[], date, timestamptz and jsonb arrive as plain JavaScript values', async () => {
    const answer = await sql<
      Record<string, unknown>
    >`select 9007199254740991::bigint as largest, 9007199254740993::bigint as beyond,
      array[1,2]::bigint[] as list, date '2026-03-01' as day, timestamptz '2026-03-01 12:00:00+02' as at, '[{"a":1}]'::jsonb as body,
      count(*) as total from pairs`.execute(database.db.kysely)
    expect(answer.rows[0]).toEqual({
      largest: 9007199254740991,
      beyond: 9007199254740993n,
      list: [1, 2],
      day: '2026-03-01',
      at: new Date('2026-03-01T10:00:00Z'),
      body: [{ a: 1 }],
      total: 2,
    })
  })
})

describe('transaction', () => {
  test('two transactions that deadlock both commit in the end', async () => {
    let started = 0
    let bothHoldOne = (): void => undefined
    const barrier = new Promise<void>((resolve) => (bothHoldOne = resolve))
    const runs = { forward: 0, backward: 0 }
    const addTo = (order: readonly number[], name: 'forward' | 'backward'): Promise<void> =>
      database.db.transaction(async (tx) => {
        runs[name]++
        await sql`update pairs set value = value + 1 where id = ${order[0]}`.execute(tx)
        if (++started === 2) bothHoldOne()
        await barrier
        await sql`update pairs set value = value + 1 where id = ${order[1]}`.execute(tx)
      })
    await Promise.all([addTo([1, 2], 'forward'), addTo([2, 1], 'backward')])
    const answer = await sql<{ value: number }>`select value from pairs order by id`.execute(database.db.kysely)
    expect(answer.rows).toEqual([{ value: 2 }, { value: 2 }])
    expect(runs.forward + runs.backward).toBeGreaterThan(2)
  })

  test('gives up after the allowed number of attempts', async () => {
    let runs = 0
    const failing = database.db.transaction(
      async (tx) => {
        runs++
        await sql`do $$ begin raise exception 'lost' using errcode = '40001'; end $$`.execute(tx)
      },
      { attempts: 3 },
    )
    await expect(failing).rejects.toMatchObject({ code: '40001' })
    expect(runs).toBe(3)
  })

  test('onCommit actions run in order after the commit, and not at all after a rollback', async () => {
    const seen: unknown[] = []
    await database.db.transaction(async (tx) => {
      await sql`insert into pairs (id, value) values (10, 7)`.execute(tx)
      tx.onCommit(async () => {
        const answer = await sql<{ value: number }>`select value from pairs where id = 10`.execute(database.db.kysely)
        seen.push(answer.rows[0]?.value)
      })
      tx.onCommit(() => void seen.push('second'))
    })
    expect(seen).toEqual([7, 'second'])
    const failing = database.db.transaction(async (tx) => {
      tx.onCommit(() => void seen.push('never'))
      await sql`select 1 / 0`.execute(tx)
    })
    await expect(failing).rejects.toMatchObject({ code: '22012' })
    expect(seen).toEqual([7, 'second'])
  })
})

describe('a lost connection', () => {
  const killAll = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`

  test('surfaces as a retryable error, and the pool works again at once', async () => {
    await using victim = openDatabase({ poolConfig: database.poolConfig, poolSize: 1 })
    const sleeping = sql`select pg_sleep(60)`.execute(victim.kysely)
    const outcome = expect(sleeping).rejects.toMatchObject({
      name: 'DatabaseUnavailableError',
      retryable: true,
      outcomeUnknown: false,
    })
    await vi.waitFor(async () => {
      const answer = await database.db.pool.query(
        `select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`,
      )
      expect(answer.rowCount).toBe(1)
    })
    await database.db.pool.query(killAll)
    await outcome
    await expect(sql`select 1 as one`.execute(victim.kysely)).resolves.toMatchObject({ rows: [{ one: 1 }] })
  })

  test('a server that is not there is reported as unavailable within the time allowed', async () => {
    await using nowhere = openDatabase({ poolConfig: { host: '/nonexistent', user: 'nobody', password: 'x', database: 'x' } })
    await expect(nowhere.waitUntilReady({ timeoutMs: 120 })).rejects.toBeInstanceOf(DatabaseUnavailableError)
    await expect(sql`select 1`.execute(nowhere.kysely)).rejects.toBeInstanceOf(DatabaseUnavailableError)
  })

  test('listening resumes, and the listener is told that it may have missed something', async () => {
    const payloads: string[] = []
    let reconnects = 0
    await using listening = await database.db.listen('news', (payload) => void payloads.push(payload), {
      onReconnect: () => void reconnects++,
    })
    await database.db.notify('news', 'first')
    await vi.waitFor(() => expect(payloads).toEqual(['first']))
    await database.db.pool.query(killAll)
    await vi.waitFor(() => expect(reconnects).toBe(1), { timeout: 5_000 })
    await database.db.transaction(async (tx) => {
      await database.db.notify('news', 'second', tx)
    })
    await vi.waitFor(() => expect(payloads).toEqual(['first', 'second']))
    await listening.close()
  })
})

test('a channel that is not a plain name is refused', async () => {
  await expect(database.db.notify('news; drop table pairs')).rejects.toThrow(/not a channel name/)
})
