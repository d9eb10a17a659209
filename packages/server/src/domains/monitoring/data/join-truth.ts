import { invalid, nearest, type MonitorData } from '@fulcrum/contract'
import { identifier, type AnalyticsSession } from '../../../kernel/analytics/index.ts'
import type { ConfusionCell, ScoreGroup } from '../metrics/index.ts'
import { envelopeColumns, type LoadedTable } from './load-table.ts'

/** Predictions joined with the truth that has arrived, as the table `judged` (truth, prediction). */
export interface JoinedTruth {
  /** Predictions in the window. */
  readonly predictions: number
  /** Those of them with a truth. */
  readonly rows: number
}

/**
 * Joins by a column of the production rows, or by the correlation id of their request: `{id}_{index}` for each row, and the bare
 * id when the request had one row.
 * @throws InvalidRequestContent a column is not there
 */
export async function joinTruth(
  session: AnalyticsSession,
  sides: { readonly production: LoadedTable; readonly truth: LoadedTable },
  columns: { readonly production: MonitorData['columns']; readonly truth: MonitorData['columns'] },
): Promise<JoinedTruth> {
  const { production, truth } = sides
  const prediction = columnOf(
    production,
    columns.production?.['prediction_column'] ?? columns.production?.['target_column'],
    'prediction_column',
  )
  const target = columnOf(truth, columns.truth?.['target_column'], 'target_column')
  const truthKey = columnOf(truth, columns.truth?.['correlation_id'], 'correlation_id')
  const [p, t] = [identifier(production.name), identifier(truth.name)]
  const labels = `(select ${truthKey}::varchar as key, last(${target}) as truth from ${t} where ${target} is not null group by 1)`
  const own = columns.production?.['correlation_id']
  const byColumn = own !== undefined && production.columns.some((column) => column.name === own)
  const joined =
    byColumn || !production.collected
      ? `select b.truth, p.${prediction} as prediction from ${p} p join ${labels} b on p.${columnOf(production, own, 'correlation_id')}::varchar = b.key`
      : `select coalesce(one.truth, many.truth) as truth, p.${prediction} as prediction from ${p} p
          left join ${labels} many on p.${envelopeColumns.rowId} = many.key
          left join ${labels} one on p.${envelopeColumns.rowsInRequest} = 1 and p.${envelopeColumns.correlationId} = one.key
          where coalesce(one.truth, many.truth) is not null`
  await session.rows(`create table judged as select * from (${joined}) where prediction is not null`)
  const [counted] = (await session.rows('select count(*)::double as rows from judged')).rows
  return { predictions: production.rows, rows: Number(counted?.['rows']) }
}

function columnOf(table: LoadedTable, name: string | undefined, role: string): string {
  const names = table.columns.map((column) => column.name)
  if (name === undefined)
    throw invalid(`Name the ${role} in data_column_names; the data has ${names.join(', ')}.`, { target: role })
  if (names.includes(name)) return identifier(name)
  const hint = nearest(name, names)
  throw invalid(
    `${role} '${name}' is not in the data${hint === undefined ? '' : `; did you mean '${hint}'?`} It has ${names.join(', ')}.`,
    { target: role },
  )
}

/** A score from this on counts as the positive class. */
export const scoreCutoff = 0.5

/** True when truth is 0/1 (or a boolean) and predictions are numbers other than 0 and 1: scores of the positive class. */
export async function hasScores(session: AnalyticsSession): Promise<boolean> {
  const [row] = (
    await session.rows(`select bool_and(try_cast(truth::varchar as boolean) is not null) as binary,
      bool_and(try_cast(prediction as double) is not null) as numeric_only,
      bool_or(try_cast(prediction as double) not in (0, 1)) as fractional from judged`)
  ).rows
  return row?.['binary'] === true && row['numeric_only'] === true && row['fractional'] === true
}

/** The confusion table; labels compared as text, numbers alike however written. */
export async function confusion(session: AnalyticsSession, scores: boolean): Promise<ConfusionCell[]> {
  const label = (name: string): string =>
    `coalesce(regexp_replace(try_cast(${name}::varchar as double)::varchar, '\\.0$', ''), ${name}::varchar)`
  const [truth, prediction] = scores
    ? [`try_cast(truth::varchar as boolean)::integer::varchar`, `(prediction::double >= ${scoreCutoff})::integer::varchar`]
    : [label('truth'), label('prediction')]
  const { rows } = await session.rows(
    `select ${truth} as truth, ${prediction} as prediction, count(*)::double as rows from judged group by 1, 2`,
  )
  return rows.map((row) => ({ truth: String(row['truth']), prediction: String(row['prediction']), rows: Number(row['rows']) }))
}

/** Rows of either class per score; more than a million different scores are rounded to six decimals. */
export async function scoreGroups(session: AnalyticsSession): Promise<ScoreGroup[]> {
  const groups = (
    score: string,
  ): string => `select ${score} as score, count(*) filter (truth::varchar::boolean)::double as positives,
    count(*) filter (not truth::varchar::boolean)::double as negatives from judged group by 1`
  const atMost = 1_000_000
  const exact = await session.rows(groups('prediction::double'), [], atMost + 1)
  const { rows } = exact.rows.length > atMost ? await session.rows(groups('round(prediction::double, 6)'), [], atMost + 1) : exact
  return rows.map((row) => ({
    score: Number(row['score']),
    positives: Number(row['positives']),
    negatives: Number(row['negatives']),
  }))
}

/** Sums of the errors of numeric predictions. */
export async function errorSums(
  session: AnalyticsSession,
): Promise<{ rows: number; absoluteErrors: number; squaredErrors: number }> {
  const [row] = (
    await session.rows(`with errors as (select try_cast(truth as double) - try_cast(prediction as double) as e from judged)
      select count(*)::double as rows, coalesce(sum(abs(e)), 0) as absolute, coalesce(sum(e * e), 0) as squared from errors where isfinite(e)`)
  ).rows
  return { rows: Number(row?.['rows']), absoluteErrors: Number(row?.['absolute']), squaredErrors: Number(row?.['squared']) }
}
