import { invalid, nearest, type AppError } from '@fulcrum/contract'
import { sql, type RawBuilder } from 'kysely'
import type { Comparison, Filter, Identifier, Operand, Operator, OrderTerm } from './parse.ts'

/** What a name of the language stands for in SQL. `number` columns are doubles that may be NaN. */
export interface Column {
  readonly type: 'number' | 'text'
  readonly sql: RawBuilder<unknown>
  /** May be tested with IS NULL. */
  readonly nullable?: boolean
  /** A missing value differs from every text (MLflow's rule for `mlflow.prompt.is_prompt`). */
  readonly missingDiffers?: boolean
  /** `IN` is offered. */
  readonly listed?: boolean
  /** For conditions on lists: wraps the condition, e.g. in `exists (…)`. */
  readonly wrap?: (condition: RawBuilder<boolean>) => RawBuilder<boolean>
  /** For messages: `metric`, `parameter`, `tag`, `attribute`. */
  readonly title: string
}

/** Finds the column of an identifier. @throws InvalidRequestContent naming valid keys */
export type Resolver = (identifier: Identifier) => Column

export function filterToSql(filter: Filter | undefined, resolve: Resolver): RawBuilder<boolean> {
  if (filter === undefined) return sql<boolean>`true`
  switch (filter.kind) {
    case 'and':
      return sql<boolean>`(${sql.join(
        filter.parts.map((part) => filterToSql(part, resolve)),
        sql` and `,
      )})`
    case 'or':
      return sql<boolean>`(${sql.join(
        filter.parts.map((part) => filterToSql(part, resolve)),
        sql` or `,
      )})`
    case 'not':
      return sql<boolean>`(${filterToSql(filter.part, resolve)}) is not true`
    case 'comparison': {
      const column = resolve(filter.identifier)
      const condition = column.type === 'number' ? compareNumber(column, filter) : compareText(column, filter)
      return column.wrap?.(condition) ?? condition
    }
  }
}

const numberOperators: readonly Operator[] = ['>', '>=', '<', '<=', '=', '!=']

/** NaN matches no comparison but `!=`. */
function compareNumber(column: Column, { operator, operand, identifier }: Comparison): RawBuilder<boolean> {
  if (!numberOperators.includes(operator)) throw badComparator(operator, column, numberOperators)
  if (operand?.kind !== 'number') {
    throw invalid(
      `Expected numeric value type for ${column.title}. Found ${operand?.kind === 'string' ? `'${operand.text}'` : 'no number'} for '${identifier.key}'.`,
      { target: 'filter' },
    )
  }
  const compared = sql<boolean>`${column.sql} ${sql.raw(operator)} ${operand.value}::float8`
  return operator === '!=' ? compared : sql<boolean>`(${column.sql} <> 'NaN' and ${compared})`
}

const textOperators: readonly Operator[] = ['=', '!=', 'LIKE', 'ILIKE']

function compareText(column: Column, comparison: Comparison): RawBuilder<boolean> {
  const { operator, operand } = comparison
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') {
    if (column.nullable !== true) throw badComparator(operator, column, textOperators)
    return operator === 'IS NULL' ? sql<boolean>`${column.sql} is null` : sql<boolean>`${column.sql} is not null`
  }
  if (operator === 'IN' || operator === 'NOT IN') {
    if (column.listed !== true || operand?.kind !== 'list') throw badComparator(operator, column, textOperators)
    const found = sql<boolean>`${column.sql} = any(${[...operand.items]}::text[])`
    return operator === 'IN' ? found : sql<boolean>`not (${found})`
  }
  if (!textOperators.includes(operator)) throw badComparator(operator, column, textOperators)
  const text = textOf(column, operand, comparison.identifier)
  if (operator === '=') return sql<boolean>`${column.sql} = ${text}`
  if (operator === '!=')
    return column.missingDiffers === true
      ? sql<boolean>`${column.sql} is distinct from ${text}`
      : sql<boolean>`${column.sql} <> ${text}`
  return operator === 'LIKE'
    ? sql<boolean>`${column.sql} like ${text} escape ''`
    : sql<boolean>`${column.sql} ilike ${text} escape ''`
}

function textOf(column: Column, operand: Operand | undefined, identifier: Identifier): string {
  if (operand?.kind === 'string') return operand.text
  throw invalid(
    `Expected a quoted string value for ${column.title} (e.g. 'my-value'). Got ${operand?.kind === 'number' ? operand.value : 'none'} for '${identifier.key}'.`,
    { target: 'filter' },
  )
}

function badComparator(operator: Operator, column: Column, valid: readonly Operator[]): AppError {
  return invalid(`Invalid comparator '${operator}' for ${column.title}: one of ${valid.join(', ')} was expected.`, {
    target: 'filter',
  })
}

export function unknownAttribute(key: string, valid: readonly string[]): AppError {
  const hint = nearest(key, valid)
  return invalid(
    `Invalid attribute key '${key}' specified. Valid keys are '${valid.join("', '")}'.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
    { target: 'filter' },
  )
}

export function unknownEntity(entity: string, valid: readonly string[]): AppError {
  const hint = nearest(entity, valid)
  return invalid(
    `Invalid entity type '${entity}'. Valid values are ${valid.join(', ')}.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
    { target: 'filter' },
  )
}

/** One expression of a total order; never null, so that keyset comparisons are simple. */
export interface SortKey {
  readonly sql: RawBuilder<unknown>
  readonly descending: boolean
  readonly type: 'number' | 'text'
}

/** Missing values come last, NaN just before them, whatever the direction. @throws InvalidRequestContent a name twice */
export function sortKeys(terms: readonly OrderTerm[], resolve: Resolver): SortKey[] {
  const seen = new Set<string>()
  return terms.flatMap(({ identifier, descending }): SortKey[] => {
    const name = `${identifier.entity}.${identifier.key}`
    if (seen.has(name)) throw invalid(`\`order_by\` contains duplicate fields: '${identifier.key}'.`, { target: 'order_by' })
    seen.add(name)
    const column = resolve(identifier)
    const rank: SortKey = {
      sql:
        column.type === 'number'
          ? sql`case when ${column.sql} is null then 2 when ${column.sql} = 'NaN' then 1 else 0 end`
          : sql`case when ${column.sql} is null then 2 else 0 end`,
      descending: false,
      type: 'number',
    }
    const value: SortKey =
      column.type === 'number'
        ? { sql: sql`coalesce(nullif(${column.sql}, 'NaN'), 0)`, descending, type: 'number' }
        : { sql: sql`coalesce(${column.sql}, '') collate "C"`, descending, type: 'text' }
    return [rank, value]
  })
}

export function orderBySql(keys: readonly SortKey[]): RawBuilder<unknown> {
  return sql.join(keys.map(({ sql: expression, descending }) => (descending ? sql`${expression} desc` : sql`${expression} asc`)))
}

/** The sort values of a row as a text array, for the next page's token. */
export function positionSql(keys: readonly SortKey[]): RawBuilder<string[]> {
  return sql<string[]>`array[${sql.join(keys.map(({ sql: expression }) => sql`(${expression})::text`))}]`
}

/** Rows strictly behind a position. */
export function behindSql(keys: readonly SortKey[], position: readonly string[] | undefined): RawBuilder<boolean> {
  if (position === undefined) return sql<boolean>`true`
  const valueOf = (index: number) =>
    keys[index]?.type === 'number' ? sql`${position[index]}::float8` : sql`${position[index]}::text`
  const alternatives = keys.map((key, index) => {
    const equal = keys.slice(0, index).map((earlier, at) => sql`${earlier.sql} = ${valueOf(at)}`)
    const further = key.descending ? sql`${key.sql} < ${valueOf(index)}` : sql`${key.sql} > ${valueOf(index)}`
    return sql`(${sql.join([...equal, further], sql` and `)})`
  })
  return sql<boolean>`(${sql.join(alternatives, sql` or `)})`
}
