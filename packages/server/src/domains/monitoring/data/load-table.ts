import { AppError, invalid, type MonitorData } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { formatOf, identifier, type AnalyticsSession } from '../../../kernel/analytics/index.ts'
import { filesOfUri, resolveAssetUri, type TreeFile } from '../../storage/index.ts'
import { isInWindow, type Window } from './window.ts'

/**
 * Rows of a data entry as a table of the SQL engine. Three shapes are read: what endpoints collect (CloudEvents by hour, one line
 * per request with its rows in `data`), and CSV, JSON lines and Parquet files with one row per line.
 */
export interface LoadedTable {
  readonly name: string
  readonly rows: number
  readonly columns: readonly LoadedColumn[]
  /** True for rows of collected requests, which carry the ids of {@link envelopeColumns}. */
  readonly collected: boolean
  /** Requests whose rows are stored elsewhere (`dataref`) and are not read. */
  readonly referencedLines: number
}

export interface LoadedColumn {
  readonly name: string
  readonly kind: ColumnKind
}

export type ColumnKind = 'integer' | 'number' | 'boolean' | 'time' | 'text'

/** Columns that rows of collected requests get besides their own. */
export const envelopeColumns = {
  rowId: '__row_id',
  correlationId: '__correlation_id',
  rowsInRequest: '__rows_in_request',
} as const

export interface LoadRequest {
  readonly workspaceId: string
  readonly data: MonitorData
  readonly window: Window | undefined
  /** Of the table to create. */
  readonly name: string
}

/** Types are guessed from all rows: a column that turns into text in its last row is a text column. */
const allRows = 1_000_000_000

/**
 * Loads the rows of an entry; `undefined` when there is no file in its window or none at all.
 * @throws AppError the reference leads nowhere, or files are of a kind that is not read
 */
export async function loadTable(ctx: Context, session: AnalyticsSession, request: LoadRequest): Promise<LoadedTable | undefined> {
  const files = await filesInWindow(ctx, request)
  const [format, ...others] = [...new Set(files.flatMap((file) => formatOf(file.path) ?? []))]
  if (format === undefined) return undefined
  if (others.length > 0)
    throw invalid(`'${request.data.uri}' has files of several formats (${[format, ...others].join(', ')}); keep one per folder.`)
  await session.register(`${request.name}_files`, { format, digests: files.map((file) => file.digest), sampleRows: allRows })
  await session.rows(
    `create table ${identifier(`${request.name}_lines`)} as select * from ${identifier(`${request.name}_files`)}`,
  )
  const { collected, referencedLines } = await unfold(session, request.name)
  const columns = await describe(session, request.name)
  const [counted] = (await session.rows(`select count(*)::double as rows from ${identifier(request.name)}`)).rows
  return { name: request.name, rows: Number(counted?.['rows'] ?? 0), columns, collected, referencedLines }
}

async function filesInWindow(ctx: Context, { workspaceId, data, window }: LoadRequest): Promise<TreeFile[]> {
  if (data.preprocessingComponentId)
    throw invalid(
      `Preprocessing components are not run; '${data.preprocessingComponentId}' must write its rows into a data asset first.`,
    )
  const { uri, type } = await resolveAssetUri(ctx, workspaceId, data.uri)
  if (type === 'mltable')
    throw invalid(`'${data.uri}' is an mltable; monitors read uri_file and uri_folder with CSV, JSON lines or Parquet files.`)
  try {
    const { files } = await filesOfUri(ctx, { workspaceId, uri: uri.replace(/\/+$/, '') })
    return files.filter((file) => file.sizeBytes > 0 && isData(file.path) && isInWindow(file.path, window))
  } catch (error) {
    // A folder into which nothing was collected yet has no blobs: that is no data, not a mistake.
    if (error instanceof AppError && error.code === 'ResourceNotFound') return []
    throw error
  }
}

/** Files that tools leave beside their data (`_SUCCESS`, `.crc`) are passed over. */
function isData(path: string): boolean {
  return !/(?:^|\/)[_.][^/]*$/.test(path) && formatOf(path) !== undefined
}

/** Turns lines into rows: of collected requests each element of `data`, with the ids it can be joined by. */
async function unfold(session: AnalyticsSession, name: string): Promise<{ collected: boolean; referencedLines: number }> {
  const [lines, elements, wide, table] = ['_lines', '_elements', '_wide', ''].map((ending) => identifier(name + ending)) as [
    string,
    string,
    string,
    string,
  ]
  const types = await describeTypes(session, lines)
  if (!types.has('specversion') || !types.has('correlationid')) {
    await session.rows(`create table ${table} as select ${unwrapped(types)} from ${lines}`)
    return { collected: false, referencedLines: 0 }
  }
  const [counted] = (await session.rows(`select count(*) filter (data is null)::double as lines from ${lines}`)).rows
  if (/^STRUCT\(.*\)\[\]$/s.test(types.get('data') ?? '')) {
    await session.rows(`create view ${elements} as
      select correlationid::varchar || '_' || (generate_subscripts(data, 1) - 1) as ${envelopeColumns.rowId},
        correlationid::varchar as ${envelopeColumns.correlationId}, len(data) as ${envelopeColumns.rowsInRequest}, unnest(data) as element
      from ${lines}`)
    await session.rows(`create view ${wide} as select * exclude (element), element.* from ${elements}`)
    await session.rows(`create table ${table} as select ${unwrapped(await describeTypes(session, wide))} from ${wide}`)
  } else {
    await session.rows(`create table ${table} (${envelopeColumns.rowId} varchar)`)
  }
  return { collected: true, referencedLines: Number(counted?.['lines'] ?? 0) }
}

/** Values of mixed types arrive as JSON; they become text without quotation marks. */
function unwrapped(types: ReadonlyMap<string, string>): string {
  return [...types]
    .map(([column, type]) => (type === 'JSON' ? `${identifier(column)} ->> '$' as ${identifier(column)}` : identifier(column)))
    .join(', ')
}

async function describe(session: AnalyticsSession, name: string): Promise<LoadedColumn[]> {
  const internal: readonly string[] = Object.values(envelopeColumns)
  return [...(await describeTypes(session, identifier(name)))]
    .filter(([column]) => !internal.includes(column))
    .map(([column, type]) => ({ name: column, kind: kindOf(type) }))
}

async function describeTypes(session: AnalyticsSession, relation: string): Promise<Map<string, string>> {
  const { rows } = await session.rows(`describe ${relation}`)
  return new Map(rows.map((row) => [String(row['column_name']), String(row['column_type'])]))
}

function kindOf(type: string): ColumnKind {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer'
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) return 'number'
  if (type === 'BOOLEAN') return 'boolean'
  return /^(DATE|TIME)/.test(type) ? 'time' : 'text'
}
