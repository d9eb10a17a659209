import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAppError } from '@fulcrum/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../context.ts'
import { configFromEnv } from '../config/index.ts'
import { ContentStore } from '../content/index.ts'
import { systemIds } from '../ids.ts'
import { formatOf, queryFiles, withAnalytics } from './index.ts'

let directory = ''
let ctx: Pick<Context, 'config' | 'content' | 'ids'>
const put = async (text: string) => (await ctx.content.put(Buffer.from(text))).digest
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isAppError(error) ? error.code : error),
  )

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fulcrum-analytics-'))
  const content = await ContentStore.open({ directory: join(directory, 'content'), durable: false })
  ctx = { config: configFromEnv({ FULCRUM_HOME: directory }), content, ids: systemIds }
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('analytics', () => {
  it('reads several CSV files as one table and binds parameters', async () => {
    const digests = [await put('carrier,delay\nAA,3\nUA,\n'), await put('carrier,delay\nAA,5\n')]
    const found = await queryFiles(
      ctx,
      { flights: { format: 'csv', digests } },
      { sql: 'select carrier, sum(delay)::int as total from flights where carrier = $1 group by 1', parameters: ['AA'] },
    )
    expect(found).toEqual({
      columns: [
        { name: 'carrier', type: 'VARCHAR' },
        { name: 'total', type: 'INTEGER' },
      ],
      rows: [{ carrier: 'AA', total: 8 }],
    })
  })

  it('joins JSON lines with a Parquet file', async () => {
    const parquet = join(directory, 'names.parquet')
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(`copy (select 'AA' as carrier, 'American' as name) to '${parquet}' (format parquet)`)
    const names = (await ctx.content.putFile(parquet)).digest
    const lines = await put('{"carrier":"AA","at":"2013-01-01T05:00:00Z"}\n{"carrier":"UA","at":null}\n')
    const rows = await withAnalytics(ctx, async (session) => {
      await session.register('events', { format: 'json', digests: [lines] })
      await session.register('na"mes', { format: 'parquet', digests: [names] })
      return (
        await session.rows(
          'select name, "at" is null as missing from events left join "na""mes" using (carrier) order by missing',
        )
      ).rows
    })
    expect(rows).toEqual([
      { name: 'American', missing: false },
      { name: null, missing: true },
    ])
  })

  it('reads nothing but what was registered and keeps its settings', async () => {
    const secret = join(directory, 'secret.csv')
    await writeFile(secret, 'a\n1\n')
    const digests = [await put('a\n1\n')]
    for (const sql of [
      `select * from read_csv('${secret}')`,
      `select * from read_text('/etc/passwd')`,
      `copy t to '${directory}/out.csv'`,
      `attach '${directory}/x.db'`,
      `set enable_external_access = true`,
      `install httpfs`,
      `load httpfs`,
      `select * from 'https://example.com/a.csv'`,
    ]) {
      expect([sql, await codeOf(queryFiles(ctx, { t: { format: 'csv', digests } }, { sql }))]).toEqual([
        sql,
        'InvalidRequestContent',
      ])
    }
    expect(await readdir(directory)).not.toContain('out.csv')
  })

  it('stops a query that takes too long, limits rows and leaves no files', async () => {
    const digests = [await put('a\n1\n2\n3\n')]
    expect((await queryFiles(ctx, { t: { format: 'csv', digests } }, { sql: 'select * from t', limit: 2 })).rows).toHaveLength(2)
    const endless = queryFiles(
      ctx,
      { t: { format: 'csv', digests } },
      { sql: 'select count(*) from range(1e9::bigint) r1, range(1e9::bigint) r2', timeoutMs: 200 },
    )
    expect(await codeOf(endless)).toBe('QuotaExceeded')
    expect(await readdir(join(directory, 'analytics'))).toEqual([])
  })

  it('names what is wrong with the data without saying where it lies', async () => {
    const digests = [await put('not parquet')]
    const error = await queryFiles(ctx, { t: { format: 'parquet', digests } }, { sql: 'select 1' }).catch(
      (failure: unknown) => failure,
    )
    expect(isAppError(error) && error.code).toBe('InvalidRequestContent')
    expect(isAppError(error) && error.message).not.toContain(directory)
  })

  it('knows formats by their endings', () => {
    expect(['a.CSV', 'b/c.jsonl', 'd.parquet', 'e.csv.gz', 'f.bin'].map(formatOf)).toEqual([
      'csv',
      'json',
      'parquet',
      'csv',
      undefined,
    ])
  })
})
