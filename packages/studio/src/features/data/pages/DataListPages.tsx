import { Database } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { AssetListPage, AssetVersionsPage, type AssetKind } from '../../../app/AssetPages.tsx'
import { workspaceOptions } from '../../../app/same-by.ts'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Badge } from '../../../ui/Status.tsx'

export const dataKind: AssetKind = { collection: 'data', title: 'Data', cliNoun: 'data' }

export type DataVersion = ArmResource<{
  readonly dataType: string
  readonly dataUri: string
  readonly description?: string | null
  readonly tags?: Readonly<Record<string, string>> | null
  readonly digest?: string | null
  readonly sizeBytes?: number | null
  readonly fileCount?: number | null
}>

/** The data assets of a workspace. */
export function DataListPage() {
  return (
    <AssetListPage
      kind={dataKind}
      empty={(_same, workspace) => (
        <EmptyState
          icon={<Database />}
          title="No data assets yet"
          teach={
            <CodeBlock
              code={`cat > data.yml <<'YAML'\nname: flights\nversion: "1"\ntype: uri_folder\npath: ./flights\nYAML\nfulcrum data create --file data.yml ${workspaceOptions(workspace)}`}
              label="Create a data asset"
            />
          }
        >
          A data asset is a named, versioned reference to a file, a folder or a table; jobs read it by name, and lineage knows who
          did.
        </EmptyState>
      )}
    />
  )
}

/** The versions of one data asset. */
export function DataVersionsPage() {
  return (
    <AssetVersionsPage<DataVersion>
      kind={dataKind}
      columns={[
        { id: 'type', header: 'Type', width: '120px', cell: (row) => <Badge>{row.properties.dataType}</Badge> },
        {
          id: 'uri',
          header: 'Where it lies',
          width: 'minmax(220px, 2fr)',
          cell: (row) => <CopyableId id={row.properties.dataUri} />,
        },
        {
          id: 'description',
          header: 'Description',
          width: 'minmax(140px, 1fr)',
          cell: (row) => row.properties.description || '–',
        },
      ]}
    />
  )
}
