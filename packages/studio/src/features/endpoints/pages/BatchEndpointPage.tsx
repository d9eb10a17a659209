import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { resourceQuery } from '../../../app/queries.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { SourceView } from '../../../ui/Code.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import type { BatchEndpoint } from '../batch.ts'
import { BatchDeployments } from '../parts/BatchDeployments.tsx'
import { BatchJobs } from '../parts/BatchJobs.tsx'
import { batchDeploymentsQuery } from '../queries.ts'

/** One batch endpoint: what it scored, and with what. */
export function BatchEndpointPage() {
  const workspace = useWorkspace()
  const { endpoint: name = '' } = useParams({ strict: false }) as { endpoint?: string }
  const id = workspace.id && `${workspace.id}/batchEndpoints/${encodeURIComponent(name)}`
  const { data, error, refetch } = useQuery(resourceQuery<BatchEndpoint>(id))
  if (data) return <LoadedEndpoint endpoint={data} workspace={workspace} />
  const crumbs = [{ label: 'Batch endpoints', href: `${workspace.path}/batch-endpoints` }]
  return <PendingPage title={name} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
}

function LoadedEndpoint({ endpoint, workspace }: { endpoint: BatchEndpoint; workspace: WorkspaceInView }) {
  const deployments = useQuery(batchDeploymentsQuery(endpoint.id))
  const { properties } = endpoint
  return (
    <DetailPage
      title={endpoint.name}
      crumbs={[{ label: 'Batch endpoints', href: `${workspace.path}/batch-endpoints` }]}
      path={`${workspace.path}/batch-endpoints/${encodeURIComponent(endpoint.name)}`}
      status={<StatusBadge status={properties.provisioningState} />}
      facts={
        <>
          <span>default {properties.defaults?.deploymentName ?? 'none'}</span>
          <span>
            created <RelativeTime time={endpoint.systemData?.createdAt} />
          </span>
        </>
      }
      tabs={[
        { id: 'jobs', label: 'Jobs', render: () => <BatchJobs endpoint={endpoint} workspace={workspace} /> },
        {
          id: 'deployments',
          label: 'Deployments',
          count: deployments.data?.length,
          render: () => <BatchDeployments endpoint={endpoint} deployments={deployments} workspace={workspace} />,
        },
        { id: 'json', label: 'JSON', render: () => <SourceView value={endpoint} label={`Batch endpoint ${endpoint.name}`} /> },
      ]}
    />
  )
}
