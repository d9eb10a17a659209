import { notSupported, type DataPreview } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { formatOf, identifier, withAnalytics, type AnalyticsSession } from '../../kernel/analytics/index.ts'
import { filesOfUri } from './trees.ts'
import { resolveAssetUri } from './resolve-asset.ts'

/** Bounds of a preview: what is read says so in the answer. */
const maximumFiles = 20
const maximumBytes = 512 * 1024 * 1024
const maximumRows = 200_000
const maximumColumns = 200
const bins = 12

/**
 * First rows and figures per column of a data asset (CSV, JSON lines, Parquet), over at most 200,000 rows of the first 20 files.
 * @throws NotSupported no file of a known format
 */
export async function previewData(
  ctx: Context,
  request: { readonly workspaceId: string; readonly reference: string; readonly rows: number },
): Promise<DataPreview> {
  const { uri } = await resolveAssetUri(ctx, request.workspaceId, request.reference)
  const { files } = await filesOfUri(ctx, { workspaceId: request.workspaceId, uri })
  const format = files.map((file) => formatOf(file.path)).find((found) => found !== undefined)
  if (format === undefined)
    throw notSupported('A preview of this asset', 'It has no .csv, .tsv, .txt, .json, .jsonl or .parquet file.')
  let sizeBytes = 0
  const read = files
    .filter((file) => formatOf(file.path) === format && file.sizeBytes > 0)
    .slice(0, maximumFiles)
    .filter((file, index) => (sizeBytes += file.sizeBytes) <= maximumBytes || index === 0)
  if (read.length === 0) return { format, files: [], fileCount: files.length, rowsRead: 0, columns: [], rows: [] }
  return withAnalytics(
    ctx,
    async (session) => {
      await session.register('source', { format, digests: read.map((file) => file.digest) })
      // Text is parsed once for all the figures, not once for each of them.
      await session.rows(`create temp table sample as select * from source limit ${maximumRows}`)
      const head = await session.rows(`select * from sample limit ${Math.trunc(request.rows)}`)
      const counted = await session.rows(`select count(*)::double as count from sample`)
      const columns: DataPreview['columns'] = []
      for (const column of head.columns.slice(0, maximumColumns)) columns.push(await columnFigures(session, column))
      return {
        format,
        files: read.map((file) => ({ path: file.path, sizeBytes: file.sizeBytes })),
        fileCount: files.length,
        rowsRead: Number(counted.rows[0]?.['count'] ?? 0),
        columns,
        rows: head.rows.map((row) => ({ ...row })),
      }
    },
    { timeoutMs: 20_000, memoryMegabytes: 1024 },
  )
}

async function columnFigures(
  session: AnalyticsSession,
  column: { name: string; type: string },
): Promise<DataPreview['columns'][number]> {
  const quoted = identifier(column.name)
  const numeric = /^(?:(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?)|FLOAT|DOUBLE|DECIMAL)/i.test(column.type)
  const ordered = numeric || /^(?:VARCHAR|DATE|TIME|TIMESTAMP|BOOLEAN)/i.test(column.type)
  const shown = (expression: string): string => (numeric ? `${expression}::double` : ordered ? `${expression}::varchar` : 'null')
  const found = await session.rows(
    `select count(*)::double as total, count(${quoted})::double as present, ${ordered ? `count(distinct ${quoted})::double` : 'null'} as distinct_values,
       ${shown(`min(${quoted})`)} as minimum, ${shown(`max(${quoted})`)} as maximum,
       ${numeric ? `avg(${quoted}) filter (isfinite(${quoted}::double))` : 'null'} as mean from sample`,
  )
  const row = found.rows[0] ?? {}
  const [minimum, maximum] = [row['minimum'] ?? null, row['maximum'] ?? null]
  return {
    name: column.name,
    type: column.type,
    missing: Number(row['total'] ?? 0) - Number(row['present'] ?? 0),
    distinct: numberOrNull(row['distinct_values']),
    minimum,
    maximum,
    mean: numberOrNull(row['mean']),
    histogram: numeric
      ? await histogramOf(session, { quoted, minimum, maximum })
      : await frequentValues(session, ordered ? quoted : undefined),
  }
}

/** Equal bins between minimum and maximum; the last one includes its end. */
async function histogramOf(
  session: AnalyticsSession,
  column: { quoted: string; minimum: unknown; maximum: unknown },
): Promise<{ from: number; to: number; count: number }[]> {
  const { quoted, minimum, maximum } = column
  if (typeof minimum !== 'number' || typeof maximum !== 'number' || !Number.isFinite(minimum) || !Number.isFinite(maximum))
    return []
  const count = minimum === maximum ? 1 : bins
  const width = (maximum - minimum) / count
  const found = await session.rows(
    `select least(floor((${quoted}::double - $1) / $2), $3)::integer as bin, count(*)::double as count from sample where ${quoted} is not null and isfinite(${quoted}::double) group by bin order by bin`,
    [minimum, width === 0 ? 1 : width, count - 1],
  )
  const counts = new Map(found.rows.map((row) => [Number(row['bin']), Number(row['count'])]))
  return Array.from({ length: count }, (_, index) => ({
    from: minimum + index * width,
    to: index === count - 1 ? maximum : minimum + (index + 1) * width,
    count: counts.get(index) ?? 0,
  }))
}

/** The most frequent values of a column that is not numeric. */
async function frequentValues(
  session: AnalyticsSession,
  quoted: string | undefined,
): Promise<{ from: unknown; to: unknown; count: number }[]> {
  if (quoted === undefined) return []
  const found = await session.rows(
    `select left(${quoted}::varchar, 100) as value, count(*)::double as count from sample where ${quoted} is not null group by value order by count desc, value limit ${bins}`,
  )
  return found.rows.map((row) => ({ from: row['value'], to: row['value'], count: Number(row['count']) }))
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
