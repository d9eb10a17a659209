import type { MonitorSignal } from '@fulcrum/contract'
import { identifier, type AnalyticsSession } from '../../../kernel/analytics/index.ts'
import type { DataType } from '../metrics/index.ts'
import type { ColumnKind, LoadedTable } from './load-table.ts'

/** A column that both sides have, and how it is compared. */
export interface ComparedColumn {
  readonly name: string
  readonly dataType: DataType
  readonly referenceKind: ColumnKind
  readonly productionKind: ColumnKind
}

export interface ColumnComparison {
  readonly columns: readonly ComparedColumn[]
  /** Columns that were asked for or exist on one side, and why they are not compared. */
  readonly left: readonly { readonly name: string; readonly reason: string }[]
}

/** Integers with fewer distinct values than this share of the reference's rows count as categories (Azure's rule). */
const categoricalDistinctShare = 0.05

/**
 * Which columns are compared and as what. Numbers are numerical, text, boolean and time categorical, integers by their distinct
 * values in the reference; `featureDataTypeOverride` wins.
 */
export async function compareColumns(
  session: AnalyticsSession,
  signal: MonitorSignal,
  sides: { reference: LoadedTable; production: LoadedTable },
): Promise<ColumnComparison> {
  const { reference, production } = sides
  const wanted = signal.features?.filterType.toLowerCase() === 'featuresubset' ? (signal.features.features ?? []) : undefined
  const produced = new Map(production.columns.map((column) => [column.name, column.kind]))
  const known = new Map(reference.columns.map((column) => [column.name, column.kind]))
  const helpers = new Set(Object.values(signal.referenceData?.columns ?? {}))
  const names = wanted ?? [...known.keys()].filter((name) => !helpers.has(name))
  const left: { name: string; reason: string }[] = []
  const columns: ComparedColumn[] = []
  const categories = await categoricalIntegers(session, reference)
  for (const name of names) {
    const [referenceKind, productionKind] = [known.get(name), produced.get(name)]
    if (referenceKind === undefined || productionKind === undefined) {
      left.push({ name, reason: referenceKind === undefined ? 'not in the reference data' : 'not in the production data' })
      continue
    }
    const overridden = overrideOf(signal, name)
    const numeric = isNumeric(referenceKind) && !categories.has(name)
    columns.push({ name, referenceKind, productionKind, dataType: overridden ?? (numeric ? 'Numerical' : 'Categorical') })
  }
  return { columns, left }
}

export function isNumeric(kind: ColumnKind): boolean {
  return kind === 'integer' || kind === 'number'
}

function overrideOf(signal: MonitorSignal, name: string): DataType | undefined {
  const given = signal.featureDataTypeOverride?.[name]?.toLowerCase()
  return given === 'numerical' ? 'Numerical' : given === 'categorical' ? 'Categorical' : undefined
}

async function categoricalIntegers(session: AnalyticsSession, table: LoadedTable): Promise<Set<string>> {
  const integers = table.columns.filter((column) => column.kind === 'integer')
  if (integers.length === 0 || table.rows === 0) return new Set()
  const counts = integers.map((column, index) => `count(distinct ${identifier(column.name)})::double as c${index}`)
  const [row] = (await session.rows(`select ${counts.join(', ')} from ${identifier(table.name)}`)).rows
  return new Set(
    integers
      .filter((_column, index) => Number(row?.[`c${index}`] ?? 0) / table.rows < categoricalDistinctShare)
      .map((column) => column.name),
  )
}
