import { Files } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList } from '../../../app/queries.ts'
import { pythonClient, sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import type { BatchEndpoint } from '../batch.ts'
import { endpointColumns } from '../parts/endpoint-columns.tsx'
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
      columns={endpointColumns<BatchEndpoint>({
        href,
        uri: 'Invoke URI',
        own: [
          {
            id: 'default',
            header: 'Default deployment',
            width: 'minmax(150px, 1fr)',
            cell: (row) => row.properties.defaults?.deploymentName ?? 'none',
          },
        ],
      })}
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
