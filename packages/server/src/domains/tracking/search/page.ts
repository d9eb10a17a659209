import { createHash } from 'node:crypto'
import { AppError, invalid } from '@fulcrum/contract'
import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../../context.ts'
import { parseFilter, parseOrder, type OrderTerm } from './parse.ts'
import { behindSql, filterToSql, orderBySql, positionSql, sortKeys, type Resolver, type SortKey } from './to-sql.ts'

export interface SearchInput {
  readonly filter?: string
  readonly orderBy?: readonly string[]
  readonly maxResults: number
  readonly pageToken?: string
}

export interface SearchPlan<Row> {
  readonly ctx: Context
  /** Table or sub-query, e.g. `runs`. */
  readonly from: RawBuilder<unknown>
  /** Conditions that always hold: workspace, experiments, view. */
  readonly where: RawBuilder<boolean>
  readonly resolve: Resolver
  /** When the caller names no order. */
  readonly defaultOrder: readonly OrderTerm[]
  /** Makes the order total. */
  readonly tieBreaker: SortKey
  /** What else the token is bound to: operation, workspace, experiments. */
  readonly binding: string
  readonly read: (row: Record<string, unknown>) => Row
}

/** One page of a search; the token carries the sort values of the last row and is bound to the query. */
export async function searchPage<Row>(
  plan: SearchPlan<Row>,
  input: SearchInput,
): Promise<{ rows: Row[]; nextPageToken: string | undefined }> {
  const terms = (input.orderBy ?? []).filter((text) => text.trim() !== '').map(parseOrder)
  const keys = [
    ...sortKeys(
      terms.length === 0 ? plan.defaultOrder : [...terms, ...plan.defaultOrder.filter((term) => !names(terms, term))],
      plan.resolve,
    ),
    plan.tieBreaker,
  ]
  const condition = filterToSql(parseFilter(input.filter ?? ''), plan.resolve)
  const binding = createHash('sha256')
    .update(JSON.stringify([plan.binding, input.filter ?? '', input.orderBy ?? []]))
    .digest('hex')
  const position =
    input.pageToken === undefined || input.pageToken === '' ? undefined : decode(plan.ctx, binding, input.pageToken)
  const found = await sql<Record<string, unknown>>`
    select *, ${positionSql(keys)} as sort_position from ${plan.from}
    where ${plan.where} and (${condition}) and ${behindSql(keys, position)}
    order by ${orderBySql(keys)} limit ${input.maxResults + 1}`.execute(plan.ctx.db.kysely)
  const page = found.rows.slice(0, input.maxResults)
  const more = found.rows.length > input.maxResults
  const last = page.at(-1)?.['sort_position']
  return {
    rows: page.map(plan.read),
    nextPageToken: more && last !== undefined ? plan.ctx.cursors.encode(binding, last) : undefined,
  }
}

function names(terms: readonly OrderTerm[], term: OrderTerm): boolean {
  return terms.some(({ identifier }) => identifier.entity === term.identifier.entity && identifier.key === term.identifier.key)
}

function decode(ctx: Context, binding: string, token: string): readonly string[] {
  try {
    return ctx.cursors.decode(binding, token) as string[]
  } catch (error) {
    if (error instanceof AppError)
      throw invalid('Invalid page token, or a token of another search. Start again without it.', { target: 'page_token' })
    throw error
  }
}
