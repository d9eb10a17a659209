import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { resourceQuery } from '../../../app/queries.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { CodeBlock, SourceView } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { EnvironmentBuildView, EnvironmentPackages } from '../parts/EnvironmentBuild.tsx'
import { EnvironmentJobs } from '../parts/EnvironmentJobs.tsx'
import type { EnvironmentVersion } from './EnvironmentListPages.tsx'

/** One version of an environment: its build, its packages, what was asked for. */
export function EnvironmentVersionPage() {
  const workspace = useWorkspace()
  const { asset = '', version = '' } = useParams({ strict: false }) as { asset?: string; version?: string }
  const base = `${workspace.path}/environments`
  const id = workspace.id && `${workspace.id}/environments/${encodeURIComponent(asset)}/versions/${encodeURIComponent(version)}`
  const { data, error, refetch } = useQuery(resourceQuery<EnvironmentVersion>(id))
  const crumbs = [
    { label: 'Environments', href: base },
    { label: asset, href: `${base}/${encodeURIComponent(asset)}` },
  ]
  const title = `${asset} ${version}`
  if (!data) return <PendingPage title={title} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
  return (
    <DetailPage
      title={title}
      crumbs={crumbs}
      path={`${base}/${encodeURIComponent(asset)}/${encodeURIComponent(version)}`}
      facts={
        <span>
          created <RelativeTime time={data.systemData?.createdAt} />
          {data.systemData?.createdBy && ` by ${data.systemData.createdBy}`}
        </span>
      }
      tabs={[
        {
          id: 'build',
          label: 'Build',
          render: () => <EnvironmentBuildView versionId={data.id} name={asset} />,
        },
        { id: 'packages', label: 'Packages', render: () => <EnvironmentPackages versionId={data.id} /> },
        { id: 'jobs', label: 'Jobs', render: () => <EnvironmentJobs versionId={data.id} workspace={workspace} /> },
        { id: 'spec', label: 'Asked for', render: () => <Specification version={data} /> },
        { id: 'json', label: 'JSON', render: () => <SourceView value={data} label={title} /> },
      ]}
    />
  )
}

function Specification({ version }: { version: EnvironmentVersion }) {
  const { condaFile, image, drift = [] } = version.properties
  return (
    <>
      <Card title="As it was asked for" note={image ? `Image ${image}` : undefined}>
        {condaFile ? (
          <CodeBlock code={condaFile} label="Conda file" />
        ) : (
          <EmptyState title="No conda file">This environment names an image only; nothing is installed on top of it.</EmptyState>
        )}
      </Card>
      {drift.length > 0 && (
        <Card title={drift.length === 1 ? '1 difference on this host' : `${drift.length} differences on this host`} isFlush>
          <SimpleTable
            label="Differences"
            rows={drift}
            rowKey={(entry) => `${entry.code} ${entry.asked}`}
            columns={[
              { id: 'asked', header: 'Asked for', cell: (entry) => entry.asked },
              { id: 'used', header: 'Used instead', cell: (entry) => entry.used },
              { id: 'why', header: 'Why', cell: (entry) => entry.message },
            ]}
          />
        </Card>
      )}
    </>
  )
}
