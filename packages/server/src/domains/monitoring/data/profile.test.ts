import fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAnalytics, type AnalyticsSession } from '../../../kernel/analytics/index.ts'
import { configFromEnv } from '../../../kernel/config/index.ts'
import { ContentStore } from '../../../kernel/content/index.ts'
import { systemIds } from '../../../kernel/ids.ts'
import { countInBins, empiricalDistances, jointBins } from '../metrics/index.ts'
import type { ComparedColumn } from './columns.ts'
import { exactNumber, otherCategory, profileCategories, profileNumbers } from './profile.ts'
import { isInWindow, rounded, windowOf } from './window.ts'

const sides = { reference: 'r', production: 'p' }
const column = (kind: ComparedColumn['referenceKind'], productionKind = kind): ComparedColumn => ({
  name: 'x',
  dataType: 'Numerical',
  referenceKind: kind,
  productionKind,
})

describe('profiles in SQL', () => {
  let directory: string
  let content: ContentStore
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fulcrum-profile-'))
    content = await ContentStore.open({ directory: join(directory, 'content'), durable: false })
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  const withTables = <Result>(
    tables: { r: string; p: string },
    use: (session: AnalyticsSession) => Promise<Result>,
  ): Promise<Result> =>
    withAnalytics({ config: configFromEnv({ FULCRUM_HOME: directory }), content, ids: systemIds }, async (session) => {
      await session.rows(`create table r as ${tables.r}`)
      await session.rows(`create table p as ${tables.p}`)
      return use(session)
    })
  const values = (list: readonly number[]): string => `select unnest([${list.map(exactNumber).join(', ')}]) as x`

  it('are those of the pure functions, values on bin edges and ties included', async () => {
    const sample = fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.double({ min: -20, max: 20, noNaN: true })), {
      minLength: 1,
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(sample, sample, async (x, y) => {
        const profile = await withTables({ r: values(x), p: values(y) }, (session) =>
          profileNumbers(session, sides, column('number')),
        )
        const range = (list: readonly number[]) => ({ rows: list.length, min: Math.min(...list), max: Math.max(...list) })
        const bins = jointBins(range(x), range(y))
        expect(profile?.bins.edges.map(Number)).toEqual(bins.edges.map((edge) => edge))
        expect(profile?.reference).toEqual(countInBins(x, bins))
        expect(profile?.production).toEqual(countInBins(y, bins))
        const { maximumGap, area } = empiricalDistances(x, y)
        expect(profile?.maximumGap).toBeCloseTo(maximumGap, 12)
        expect(profile?.area).toBeCloseTo(area, 9)
      }),
      { numRuns: 25 },
    )
  })

  it('leave out missing values, NaN and infinities', async () => {
    const odd = `select unnest([1, 2, null, 'nan'::double, 'inf'::double, '-inf'::double, 3]) as x`
    const profile = await withTables({ r: odd, p: values([1, 2, 3]) }, (session) =>
      profileNumbers(session, sides, column('number')),
    )
    expect(profile).toMatchObject({ referenceRows: 3, productionRows: 3, maximumGap: 0, area: 0, referenceDeviation: 1 })
    const empty = await withTables({ r: `select null::double as x`, p: values([1]) }, (session) =>
      profileNumbers(session, sides, column('number')),
    )
    expect(empty).toBeUndefined()
  })

  it('count 6 and 6.0 as one category and the rarest of very many together', async () => {
    const numbers = await withTables(
      { r: 'select unnest([6, 7, 7]) as x', p: 'select unnest([6.0, 7.0, 8.5])::double as x' },
      (session) => profileCategories(session, sides, column('integer', 'number')),
    )
    expect(
      Object.fromEntries(numbers.categories.map((category, i) => [category, [numbers.reference[i], numbers.production[i]]])),
    ).toEqual({ '6': [1, 1], '7': [2, 1], '8.5': [0, 1] })
    const many = await withTables(
      { r: `select 'v' || i as x from range(1500) t(i)`, p: `select 'v' || (i % 10) as x from range(100) t(i)` },
      (session) => profileCategories(session, sides, column('text')),
    )
    expect(many.categories).toHaveLength(1_001)
    expect([many.categories.at(-1), many.reference.at(-1)]).toEqual([otherCategory, 500])
    expect([many.referenceRows, many.productionRows]).toEqual([1_500, 100])
  })
})

describe('windows', () => {
  const now = new Date('2026-03-02T10:30:00Z')
  const rolling = (windowSize: string, windowOffset: string) => windowOf({ uri: 'azureml:x:1', windowSize, windowOffset }, now)

  it('cover whole hours, back from the run', () => {
    expect(rolling('P1D', 'PT2H')).toEqual({ start: new Date('2026-03-01T08:00:00Z'), end: new Date('2026-03-02T09:00:00Z') })
    expect(windowOf({ uri: 'u', windowStart: '2026-01-01', windowEnd: '2026-01-02 00:00:00' }, now)).toEqual({
      start: new Date('2026-01-01T00:00:00Z'),
      end: new Date('2026-01-02T01:00:00Z'),
    })
    expect(windowOf({ uri: 'u' }, now)).toBeUndefined()
    expect(() => rolling('7 days', 'P0D')).toThrow('ISO 8601')
    expect(() => windowOf({ uri: 'u', windowStart: '2026-01-02', windowEnd: '2026-01-01' }, now)).toThrow('not after')
  })

  it('choose files by their hour', () => {
    const window = rolling('PT1H', 'P0D')
    const folder = 'modelDataCollector/e/d/model_inputs/2026/03/02'
    expect(['08', '09', '10', '11'].map((hour) => isInWindow(`${folder}/${hour}/a.jsonl`, window))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect(isInWindow(`${folder}/a.jsonl`, window)).toBe(true)
    expect(isInWindow('training/part.csv', window)).toBe(true)
    expect(isInWindow('2001/01/01/00/a.jsonl', rounded(undefined, now))).toBe(true)
  })
})
