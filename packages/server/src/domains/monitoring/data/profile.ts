import { identifier, literal, type AnalyticsSession } from '../../../kernel/analytics/index.ts'
import { jointBins, type Bins } from '../metrics/index.ts'
import { isNumeric, type ComparedColumn } from './columns.ts'

/** Aggregates over both sides, computed in SQL: only counts and sums leave the engine. */

export interface NumericalProfile {
  /** Rows with a finite value. */
  readonly referenceRows: number
  readonly productionRows: number
  readonly bins: Bins
  readonly reference: readonly number[]
  readonly production: readonly number[]
  /** D = max |F−G|. */
  readonly maximumGap: number
  /** ∫ |F−G| dx. */
  readonly area: number
  /** Sample standard deviation of the reference; `undefined` for a single row. */
  readonly referenceDeviation: number | undefined
}

export interface CategoricalProfile {
  readonly referenceRows: number
  readonly productionRows: number
  readonly categories: readonly string[]
  readonly reference: readonly number[]
  readonly production: readonly number[]
}

/** Beyond this many categories the rarest are counted together. */
const categoriesAtMost = 1_000
export const otherCategory = '(other)'

export interface Sides {
  /** Names of the tables. */
  readonly reference: string
  readonly production: string
}

/** @returns `undefined` when a side has no finite value in the column */
export async function profileNumbers(
  session: AnalyticsSession,
  sides: Sides,
  column: ComparedColumn,
): Promise<NumericalProfile | undefined> {
  const values = (table: string): string =>
    `(select try_cast(${identifier(column.name)} as double) as x from ${identifier(table)})`
  const summary = async (table: string) => {
    const sql = `select count(*)::double as rows, min(x) as low, max(x) as high, stddev_samp(x) as deviation from ${values(table)} where isfinite(x)`
    const [row] = (await session.rows(sql)).rows
    return { rows: Number(row?.['rows']), min: Number(row?.['low']), max: Number(row?.['high']), deviation: row?.['deviation'] }
  }
  const [reference, production] = [await summary(sides.reference), await summary(sides.production)]
  if (reference.rows === 0 || production.rows === 0) return undefined
  const bins = jointBins(reference, production)
  const counts = await binCounts(session, bins, [values(sides.reference), values(sides.production)])
  const [distances] = (
    await session.rows(`
    with both_sides as (
      select x, 1 as a, 0 as b from ${values(sides.reference)} where isfinite(x) union all
      select x, 0 as a, 1 as b from ${values(sides.production)} where isfinite(x)),
    grouped as (select x, sum(a) as a, sum(b) as b from both_sides group by x),
    gaps as (
      select x, abs((sum(a) over later)::double / ${reference.rows} - (sum(b) over later)::double / ${production.rows}) as gap,
        lead(x) over later as next_x
      from grouped window later as (order by x))
    select max(gap) as maximum_gap, coalesce(sum(gap * (next_x - x)), 0) as area from gaps`)
  ).rows
  return {
    referenceRows: reference.rows,
    productionRows: production.rows,
    bins,
    reference: counts[0],
    production: counts[1],
    maximumGap: Number(distances?.['maximum_gap']),
    area: Number(distances?.['area']),
    referenceDeviation: typeof reference.deviation === 'number' ? reference.deviation : undefined,
  }
}

/** A number of the engine, bit for bit: a bare literal would go through DECIMAL and could differ in its last digit. */
export function exactNumber(value: number): string {
  return `'${value}'::double`
}

/** Left-closed bins. The quotient can miss by one at an edge, so it is held against the edges themselves. */
async function binCounts(
  session: AnalyticsSession,
  { edges }: Bins,
  relations: readonly [string, string],
): Promise<[number[], number[]]> {
  const count = edges.length - 1
  const low = edges[0] ?? 0
  const width = ((edges[count] ?? 0) - low) / count
  const list = `[${edges.map(exactNumber).join(', ')}]`
  const countSide = async (relation: string): Promise<number[]> => {
    const { rows } = await session.rows(`
      with guessed as (select x, least(${count - 1}, greatest(0, floor((x - ${exactNumber(low)}) / ${exactNumber(width)})))::integer as bin from ${relation} where isfinite(x))
      select case when x < ${list}[bin + 1] then bin - 1 when bin < ${count - 1} and x >= ${list}[bin + 2] then bin + 1 else bin end as bin,
        count(*)::double as rows from guessed group by 1`)
    const counts = Array.from({ length: count }, () => 0)
    for (const row of rows) counts[Number(row['bin'])] = Number(row['rows'])
    return counts
  }
  return [await countSide(relations[0]), await countSide(relations[1])]
}

/** Counts per category of both sides, most frequent first; missing values are left out. */
export async function profileCategories(
  session: AnalyticsSession,
  sides: Sides,
  column: ComparedColumn,
): Promise<CategoricalProfile> {
  const key = categoryExpression(column)
  const side = (table: string): string =>
    `(select ${key} as v, count(*)::double as c from ${identifier(table)} where ${key} is not null group by 1)`
  const { rows } = await session.rows(`
    with joined as (
      select coalesce(r.v, p.v) as v, coalesce(r.c, 0) as a, coalesce(p.c, 0) as b
      from ${side(sides.reference)} r full join ${side(sides.production)} p on r.v = p.v),
    ranked as (select *, row_number() over (order by a + b desc, v) as place from joined)
    select case when place <= ${categoriesAtMost} then v else ${literal(otherCategory)} end as v, sum(a) as a, sum(b) as b, min(place) as place
    from ranked group by 1 order by place`)
  const reference = rows.map((row) => Number(row['a']))
  const production = rows.map((row) => Number(row['b']))
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  return {
    referenceRows: sum(reference),
    productionRows: sum(production),
    categories: rows.map((row) => String(row['v'])),
    reference,
    production,
  }
}

/** Numbers count as one category however they are written: 6 and 6.0. NaN is a missing value. */
function categoryExpression(column: ComparedColumn): string {
  const name = identifier(column.name)
  if (!isNumeric(column.referenceKind) || !isNumeric(column.productionKind)) return `${name}::varchar`
  return `case when isfinite(${name}::double) then regexp_replace(${name}::double::varchar, '\\.0$', '') end`
}
