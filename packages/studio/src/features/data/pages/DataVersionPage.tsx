import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { resourceQuery } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { pythonClient, sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { CopyableId, SourceView } from '../../../ui/Code.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { Badge } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { DataProfile, DataRows } from '../parts/DataPreview.tsx'
import type { DataVersion } from './DataListPages.tsx'

/** One version of a data asset: its first rows, its profile, where it lies. */
export function DataVersionPage() {
  const workspace = useWorkspace()
  const { asset = '', version = '' } = useParams({ strict: false }) as { asset?: string; version?: string }
  const id = workspace.id && `${workspace.id}/data/${encodeURIComponent(asset)}/versions/${encodeURIComponent(version)}`
  const { data, error, refetch } = useQuery(resourceQuery<DataVersion>(id))
  const crumbs = [
    { label: 'Data', href: `${workspace.path}/data` },
    { label: asset, href: `${workspace.path}/data/${encodeURIComponent(asset)}` },
  ]
  const title = `${asset} ${version}`
  if (!data) return <PendingPage title={title} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
  const path = `${workspace.path}/data/${encodeURIComponent(asset)}/${encodeURIComponent(version)}`
  return (
    <DetailPage
      title={title}
      crumbs={crumbs}
      path={path}
      status={<Badge>{data.properties.dataType}</Badge>}
      facts={
        <span>
          created <RelativeTime time={data.systemData?.createdAt} />
          {data.systemData?.createdBy && ` by ${data.systemData.createdBy}`}
        </span>
      }
      tabs={[
        { id: 'rows', label: 'Preview', render: () => <DataRows versionId={data.id} /> },
        { id: 'profile', label: 'Profile', render: () => <DataProfile versionId={data.id} /> },
        { id: 'details', label: 'Details', render: () => <Details version={data} asset={asset} workspace={workspace} /> },
        { id: 'json', label: 'JSON', render: () => <SourceView value={data} label={title} /> },
      ]}
    />
  )
}

function Details({ version, asset, workspace }: { version: DataVersion; asset: string; workspace: WorkspaceInView }) {
  const { properties } = version
  return (
    <>
      <Card title="Details">
        <KeyValueList
          items={[
            { key: 'Where it lies', value: <CopyableId id={properties.dataUri} /> },
            { key: 'In jobs', value: <CopyableId id={`azureml:${asset}:${version.name}`} /> },
            { key: 'Digest', value: properties.digest ? <CopyableId id={properties.digest} /> : undefined },
            { key: 'Description', value: properties.description || undefined },
            { key: 'Id', value: <CopyableId id={version.id} /> },
          ]}
        />
      </Card>
      <SameByCard
        {...sameRead(
          `fulcrum data show ${asset} --version ${version.name} ${workspaceOptions(workspace)}`,
          version.id,
          `${pythonClient(workspace)}data = ml_client.data.get("${asset}", version="${version.name}")`,
        )}
      />
    </>
  )
}
