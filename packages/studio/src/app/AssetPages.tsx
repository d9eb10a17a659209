import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ArmResource } from '../api.ts'
import type { SameByProps } from '../ui/Code.tsx'
import { EmptyState } from '../ui/Feedback.tsx'
import { Link } from '../ui/Link.tsx'
import type { Column } from '../ui/Table.tsx'
import { RelativeTime } from '../ui/Time.tsx'
import { ListPage } from './ListPage.tsx'
import { useArmList } from './queries.ts'
import { pythonClient, sameRead, workspaceOptions } from './same-by.ts'
import { useWorkspace, type WorkspaceInView } from './workspace.tsx'

/** A kind of named, versioned asset. */
export interface AssetKind {
  /** Collection in paths: `models`, `data`. */
  readonly collection: string
  readonly title: string
  /** Noun on the command line. */
  readonly cliNoun: string
}

export type AssetContainer = ArmResource<{
  readonly description?: string | null
  readonly latestVersion?: string | null
  readonly isArchived?: boolean | null
  readonly aliases?: Readonly<Record<string, string>>
}>

/** The named assets of a workspace; each leads to its newest version, or to all of them. */
export function AssetListPage({
  kind,
  empty,
}: {
  kind: AssetKind
  empty(same: SameByProps, workspace: WorkspaceInView): ReactNode
}) {
  const workspace = useWorkspace()
  const path = workspace.id && `${workspace.id}/${kind.collection}`
  const list = useArmList<AssetContainer>(path, { $top: 200 })
  const base = `${workspace.path}/${kind.collection}`
  const href = (row: AssetContainer) => `${base}/${encodeURIComponent(row.name)}`
  const python = kind.collection === 'data' ? 'data' : kind.collection
  const same = sameRead(
    `fulcrum ${kind.cliNoun} list ${workspaceOptions(workspace)}`,
    path,
    `${pythonClient(workspace)}for asset in ml_client.${python}.list():\n    print(asset.name, asset.latest_version)`,
  )
  return (
    <ListPage
      title={kind.title}
      list={list}
      scopeError={workspace.error}
      columns={containerColumns(href)}
      rowHref={href}
      searchText={(row) => `${row.name} ${row.properties.description ?? ''}`}
      empty={empty(same, workspace)}
      same={same}
    />
  )
}

function containerColumns(href: (row: AssetContainer) => string): readonly Column<AssetContainer>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(180px, 1.4fr)',
      cell: (row) => (
        <Link href={href(row)} look="quiet">
          <strong>{row.name}</strong>
        </Link>
      ),
    },
    {
      id: 'latest',
      header: 'Latest version',
      width: '130px',
      cell: ({ name, properties: { latestVersion }, ...row }) =>
        latestVersion ? (
          <Link href={`${href({ name, properties: {}, ...row })}/${encodeURIComponent(latestVersion)}`}>{latestVersion}</Link>
        ) : (
          '–'
        ),
    },
    { id: 'description', header: 'Description', width: 'minmax(160px, 2fr)', cell: (row) => row.properties.description || '–' },
    {
      id: 'changed',
      header: 'Changed',
      width: '130px',
      isNumeric: true,
      cell: (row) => <RelativeTime time={row.systemData?.lastModifiedAt ?? row.systemData?.createdAt} />,
    },
  ]
}

/** All versions of one asset, newest first. */
export function AssetVersionsPage<Version extends ArmResource<unknown>>({
  kind,
  columns,
}: {
  kind: AssetKind
  columns: readonly Column<Version>[]
}) {
  const workspace = useWorkspace()
  const { asset = '' } = useParams({ strict: false }) as { asset?: string }
  const path = workspace.id && `${workspace.id}/${kind.collection}/${encodeURIComponent(asset)}/versions`
  const list = useArmList<Version>(path, { $top: 200 })
  const rows = list.rows?.toSorted((a, b) => (b.systemData?.createdAt ?? '').localeCompare(a.systemData?.createdAt ?? ''))
  const href = (row: Version) =>
    `${workspace.path}/${kind.collection}/${encodeURIComponent(asset)}/${encodeURIComponent(row.name)}`
  return (
    <ListPage
      title={asset}
      crumbs={[{ label: kind.title, href: `${workspace.path}/${kind.collection}` }]}
      list={{ ...list, rows }}
      scopeError={workspace.error}
      columns={[
        {
          id: 'version',
          header: 'Version',
          width: 'minmax(110px, 0.7fr)',
          cell: (row) => (
            <Link href={href(row)} look="quiet">
              <strong>{row.name}</strong>
            </Link>
          ),
        },
        ...columns,
        {
          id: 'created',
          header: 'Created',
          width: '130px',
          isNumeric: true,
          cell: (row) => <RelativeTime time={row.systemData?.createdAt} />,
        },
      ]}
      rowHref={href}
      searchText={(row) => row.name}
      empty={<EmptyState title="No versions">All versions of “{asset}” were deleted or archived.</EmptyState>}
      same={sameRead(`fulcrum ${kind.cliNoun} list --name ${asset} ${workspaceOptions(workspace)}`, path)}
    />
  )
}
