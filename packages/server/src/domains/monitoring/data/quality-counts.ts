import { identifier, type AnalyticsSession } from '../../../kernel/analytics/index.ts'
import { isNumeric, type ComparedColumn } from './columns.ts'
import type { ColumnKind } from './load-table.ts'
import { exactNumber, type Sides } from './profile.ts'

export interface QualityCounts {
  readonly rows: number
  readonly nulls: number
  /** Values that cannot be read as the type of the reference. */
  readonly typeErrors: number
  /** Numbers outside of the reference's range, text not among its values. */
  readonly outOfBounds: number
}

const sqlTypes: Readonly<Partial<Record<ColumnKind, string>>> = {
  integer: 'double',
  number: 'double',
  boolean: 'boolean',
  time: 'timestamp',
}

/** Counts of one column on either side. */
export async function countQuality(
  session: AnalyticsSession,
  sides: Sides,
  column: ComparedColumn,
): Promise<{ reference: QualityCounts; production: QualityCounts }> {
  const bounds = await boundsOf(session, sides.reference, column)
  const count = async (table: string, kind: ColumnKind): Promise<QualityCounts> => {
    const name = identifier(column.name)
    const missing = kind === 'number' ? `(${name} is null or isnan(${name}))` : `${name} is null`
    const target = sqlTypes[column.referenceKind]
    const wrong = target === undefined ? 'false' : `(not ${missing} and try_cast(${name} as ${target}) is null)`
    const [row] = (
      await session.rows(`select count(*)::double as rows, count(*) filter (${missing})::double as nulls,
        count(*) filter (${wrong})::double as wrong, count(*) filter (not ${missing} and ${bounds(name)})::double as outside
        from ${identifier(table)}`)
    ).rows
    return {
      rows: Number(row?.['rows']),
      nulls: Number(row?.['nulls']),
      typeErrors: Number(row?.['wrong']),
      outOfBounds: Number(row?.['outside']),
    }
  }
  return {
    reference: await count(sides.reference, column.referenceKind),
    production: await count(sides.production, column.productionKind),
  }
}

/** The condition under which a value lies outside of what the reference has. */
async function boundsOf(session: AnalyticsSession, table: string, column: ComparedColumn): Promise<(name: string) => string> {
  const [name, relation] = [identifier(column.name), identifier(table)]
  if (isNumeric(column.referenceKind)) {
    const [row] = (
      await session.rows(
        `select min(x) as low, max(x) as high from (select ${name}::double as x from ${relation}) where isfinite(x)`,
      )
    ).rows
    if (typeof row?.['low'] !== 'number' || typeof row['high'] !== 'number') return () => 'false'
    const { low, high } = row
    return (value) =>
      `(try_cast(${value} as double) < ${exactNumber(low)} or try_cast(${value} as double) > ${exactNumber(high)})`
  }
  if (column.referenceKind !== 'text') return () => 'false'
  return (value) => `${value}::varchar not in (select ${name}::varchar from ${relation} where ${name} is not null)`
}
