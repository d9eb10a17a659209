import type { DataPreview } from '@fulcrum/contract'
import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../../app/Panel.tsx'
import { Sparkline } from '../../../charts/SmallCharts.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { formatBytes, formatNumber, formatPercent } from '../../../ui/format.ts'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { previewQuery, shownValue } from '../preview.ts'

interface PreviewRow {
  readonly position: number
  readonly row: Readonly<Record<string, unknown>>
}

/** The first rows of an asset, as they are. */
export function DataRows({ versionId }: { versionId: string }) {
  const preview = useQuery(previewQuery(versionId))
  return (
    <Panel query={preview} height={300}>
      {(data) => (
        <>
          <Card
            title="First rows"
            note={`${data.format}, ${data.rows.length} of the first ${formatNumber(data.rowsRead)} rows`}
            isFlush
          >
            {data.rows.length > 0 ? (
              <SimpleTable
                label="First rows"
                rows={data.rows.map((row, position) => ({ position, row }))}
                rowKey={({ position }) => String(position)}
                columns={data.columns.map((column) => ({
                  id: column.name,
                  header: column.name,
                  isNumeric: column.mean !== null,
                  isOneLine: true,
                  cell: ({ row }: PreviewRow) => shownValue(row[column.name]),
                }))}
              />
            ) : (
              <EmptyState title="No rows to show">The asset holds no table that can be read here: see its files.</EmptyState>
            )}
          </Card>
          <Files preview={data} />
        </>
      )}
    </Panel>
  )
}

function Files({ preview }: { preview: DataPreview }) {
  return (
    <Card title={`${formatNumber(preview.fileCount)} ${preview.fileCount === 1 ? 'file' : 'files'}`} isFlush>
      <SimpleTable
        label="Files"
        rows={preview.files}
        rowKey={({ path }) => path}
        columns={[
          { id: 'path', header: 'Path', cell: ({ path }) => <code>{path}</code> },
          { id: 'size', header: 'Size', isNumeric: true, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
        ]}
      />
    </Card>
  )
}

/** The figures of each column, over the rows that were read. */
export function DataProfile({ versionId }: { versionId: string }) {
  const preview = useQuery(previewQuery(versionId))
  return (
    <Panel query={preview} height={300}>
      {({ columns, rowsRead }) => (
        <Card title="Profile" note={`Over the first ${formatNumber(rowsRead)} rows`} isFlush>
          <SimpleTable
            label="Profile"
            rows={columns}
            rowKey={({ name }) => name}
            columns={[
              { id: 'name', header: 'Column', cell: ({ name }) => <strong>{name}</strong> },
              { id: 'type', header: 'Type', isOneLine: true, cell: ({ type }) => type },
              {
                id: 'missing',
                header: 'Missing',
                isNumeric: true,
                cell: ({ missing }) => (rowsRead > 0 ? formatPercent(missing / rowsRead) : '–'),
              },
              {
                id: 'shape',
                header: 'Distribution',
                cell: ({ name, histogram }) => (
                  <Sparkline values={histogram.map(({ count }) => count)} label={`Distribution of ${name}`} />
                ),
              },
              { id: 'distinct', header: 'Distinct', isNumeric: true, cell: ({ distinct }) => shownValue(distinct) },
              { id: 'minimum', header: 'Min', isNumeric: true, cell: ({ minimum }) => shownValue(minimum) },
              { id: 'mean', header: 'Mean', isNumeric: true, cell: ({ mean }) => shownValue(mean) },
              { id: 'maximum', header: 'Max', isNumeric: true, cell: ({ maximum }) => shownValue(maximum) },
            ]}
          />
        </Card>
      )}
    </Panel>
  )
}
