type Row = Readonly<Record<string, unknown>>

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Columns that say most about a resource, in this order; others follow while there is room. */
const preferred = [
  'name',
  'displayName',
  'status',
  'provisioningState',
  'state',
  'version',
  'stage',
  'jobType',
  'experimentName',
  'createdAt',
  'createdBy',
]
const hidden = new Set(['id', 'type', 'etag', 'systemData', 'properties', 'tags', 'identity', 'sku', 'location'])
const widestCell = 60

/** Rows for people: names first, nested members left out. */
export function renderTable(value: unknown): string {
  if (!Array.isArray(value)) return isRow(value) ? renderPairs(flatten(value)) : cell(value)
  if (value.length === 0) return 'Nothing found.'
  if (!value.every(isRow))
    return value.map((entry) => (Array.isArray(entry) ? entry.map(cell).join('  ') : cell(entry))).join('\n')
  const rows = value.map(flatten)
  const names = columnsOf(rows)
  const cells = [names.map(heading), ...rows.map((row) => names.map((name) => clip(cell(row[name]))))]
  const widths = names.map((_, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)))
  const lines = cells.map((line) =>
    line
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return lines.join('\n')
}

/** Tab-separated values without headings, as scripts read them: a scalar alone, a list one entry per line. */
export function renderTsv(value: unknown): string {
  if (!Array.isArray(value)) return isRow(value) ? Object.values(value).map(tsvCell).join('\t') : cell(value)
  return value
    .map((entry) =>
      Array.isArray(entry)
        ? entry.map(tsvCell).join('\t')
        : isRow(entry)
          ? Object.values(entry).map(tsvCell).join('\t')
          : cell(entry),
    )
    .join('\n')
}

/** Members of `properties` and `systemData` beside the envelope's own, scalars only. */
function flatten(row: Row): Row {
  const properties = isRow(row['properties']) ? row['properties'] : {}
  const systemData = isRow(row['systemData'])
    ? { createdAt: row['systemData']['createdAt'], createdBy: row['systemData']['createdBy'] }
    : {}
  const own = Object.fromEntries(Object.entries(row).filter(([name]) => !hidden.has(name) || !('properties' in row)))
  return { ...systemData, ...properties, ...own }
}

function columnsOf(rows: readonly Row[]): string[] {
  const seen = new Set(
    rows.flatMap((row) =>
      Object.entries(row).flatMap(([name, value]) => (isScalar(value) && value !== null && !isId(value) ? [name] : [])),
    ),
  )
  // Rows that a command made for reading come in its order; only resources need sorting.
  if (!seen.has('name')) return [...seen]
  const first = preferred.filter((name) => seen.has(name))
  const rest = [...seen].filter((name) => !preferred.includes(name))
  return [...first, ...rest].slice(0, 7)
}

function renderPairs(row: Row): string {
  const entries = Object.entries(row).filter(([, value]) => value !== undefined && value !== null)
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`).join('\n')
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object'
}

const isId = (value: unknown): boolean => typeof value === 'string' && value.startsWith('/subscriptions/')
const heading = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
const clip = (text: string): string => (text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text)
const tsvCell = (value: unknown): string => cell(value).replaceAll('\t', ' ')

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.replaceAll('\n', ' ')
}
