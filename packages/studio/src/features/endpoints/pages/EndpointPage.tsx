import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { CopyableId, SourceView } from '../../../ui/Code.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import type { Endpoint } from '../endpoint.ts'
import { CollectedData } from '../parts/CollectedData.tsx'
import { Consume } from '../parts/Consume.tsx'
import { Deployments } from '../parts/Deployments.tsx'
import { EndpointLogs } from '../parts/EndpointLogs.tsx'
import { EndpointMetrics } from '../parts/EndpointMetrics.tsx'
import { TestForm } from '../parts/TestForm.tsx'
import { deploymentsQuery, useEndpoint } from '../queries.ts'

/** One endpoint: who answers, how well, and how to ask it. */
export function EndpointPage() {
  const workspace = useWorkspace()
  const { endpoint: name = '' } = useParams({ strict: false }) as { endpoint?: string }
  const { data, error, refetch } = useEndpoint(workspace.id && `${workspace.id}/onlineEndpoints/${encodeURIComponent(name)}`)
  if (data) return <LoadedEndpoint endpoint={data} workspace={workspace} />
  const crumbs = [{ label: 'Endpoints', href: `${workspace.path}/endpoints` }]
  return <PendingPage title={name} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
}

function LoadedEndpoint({ endpoint, workspace }: { endpoint: Endpoint; workspace: WorkspaceInView }) {
  const deployments = useQuery(deploymentsQuery(endpoint.id))
  const { properties } = endpoint
  const rows = deployments.data ?? []
  return (
    <DetailPage
      title={endpoint.name}
      crumbs={[{ label: 'Endpoints', href: `${workspace.path}/endpoints` }]}
      path={`${workspace.path}/endpoints/${encodeURIComponent(endpoint.name)}`}
      status={<StatusBadge status={properties.provisioningState} />}
      facts={
        <>
          {properties.scoringUri && <CopyableId id={properties.scoringUri} />}
          <span>
            created <RelativeTime time={endpoint.systemData?.createdAt} />
          </span>
        </>
      }
      tabs={[
        {
          id: 'deployments',
          label: 'Deployments',
          count: deployments.data?.length,
          render: () => <Deployments endpoint={endpoint} deployments={deployments} workspace={workspace} />,
        },
        { id: 'test', label: 'Test', render: () => <TestForm endpoint={endpoint} deployments={rows} /> },
        { id: 'consume', label: 'Consume', render: () => <Consume endpoint={endpoint} deployments={rows} /> },
        { id: 'metrics', label: 'Metrics', render: () => <EndpointMetrics endpointId={endpoint.id} /> },
        { id: 'logs', label: 'Logs', render: () => <EndpointLogs endpointId={endpoint.id} deployments={rows} /> },
        {
          id: 'collected',
          label: 'Collected data',
          render: () => <CollectedData endpoint={endpoint} deployments={rows} workspace={workspace} />,
        },
        { id: 'json', label: 'JSON', render: () => <SourceView value={endpoint} label={`Endpoint ${endpoint.name}`} /> },
      ]}
    />
  )
}
