import { Files } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList } from '../../../app/queries.ts'
import { pythonClient, sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import type { BatchEndpoint } from '../batch.ts'
import { EndpointKinds } from '../parts/EndpointKinds.tsx'

/** The batch endpoints of a workspace. */
export function BatchEndpointListPage() {
  const workspace = useWorkspace()
  const path = workspace.id && `${workspace.id}/batchEndpoints`
  const list = useArmList<BatchEndpoint>(path)
  const href = (row: BatchEndpoint) => `${workspace.path}/batch-endpoints/${encodeURIComponent(row.name)}`
  const options = workspaceOptions(workspace)
  return (
    <ListPage
      title="Batch endpoints"
      list={list}
      scopeError={workspace.error}
      columns={[
        {
          id: 'name',
          header: 'Name',
          width: 'minmax(150px, 1fr)',
          cell: (row) => (
            <Link href={href(row)} look="quiet">
              <strong>{row.name}</strong>
            </Link>
          ),
        },
        { id: 'state', header: 'State', width: '140px', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
        {
          id: 'default',
          header: 'Default deployment',
          width: 'minmax(150px, 1fr)',
          cell: (row) => row.properties.defaults?.deploymentName ?? 'none',
        },
        {
          id: 'uri',
          header: 'Invoke URI',
          width: 'minmax(200px, 1.6fr)',
          cell: (row) => (row.properties.scoringUri ? <CopyableId id={row.properties.scoringUri} /> : '–'),
        },
        { id: 'created', header: 'Created', width: '120px', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
      ]}
      rowHref={href}
      searchText={(row) => row.name}
      empty={
        <EmptyState
          icon={<Files />}
          title="No batch endpoints yet"
          teach={
            <CodeBlock
              code={`cat > endpoint.yml <<'YAML'\nname: nightly\nYAML\nfulcrum batch-endpoint create --file endpoint.yml ${options}`}
              label="Score files"
            />
          }
        >
          A batch endpoint is a stable address that scores whole folders: each invocation is a job, cut into mini-batches.
        </EmptyState>
      }
      same={sameRead(
        `fulcrum batch-endpoint list ${options}`,
        path,
        `${pythonClient(workspace)}for endpoint in ml_client.batch_endpoints.list():\n    print(endpoint.name)`,
      )}
    >
      <EndpointKinds workspacePath={workspace.path} active="batch" />
    </ListPage>
  )
}
