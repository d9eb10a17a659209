import { Radio } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList } from '../../../app/queries.ts'
import { pythonClient, sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import type { Endpoint } from '../endpoint.ts'
import { endpointColumns } from '../parts/endpoint-columns.tsx'
import { EndpointKinds } from '../parts/EndpointKinds.tsx'

/** The online endpoints of a workspace. */
export function EndpointListPage() {
  const workspace = useWorkspace()
  const path = workspace.id && `${workspace.id}/onlineEndpoints`
  const list = useArmList<Endpoint>(path)
  const href = (row: Endpoint) => `${workspace.path}/endpoints/${encodeURIComponent(row.name)}`
  const options = workspaceOptions(workspace)
  return (
    <ListPage
      title="Endpoints"
      list={list}
      scopeError={workspace.error}
      columns={endpointColumns<Endpoint>({
        href,
        uri: 'Scoring URI',
        own: [
          {
            id: 'traffic',
            header: 'Traffic',
            width: 'minmax(150px, 1fr)',
            cell: ({ properties }) =>
              Object.entries(properties.traffic ?? {})
                .map(([name, percent]) => `${name} ${percent} %`)
                .join(', ') || 'none',
          },
          { id: 'auth', header: 'Sign-in', width: '110px', cell: (row) => row.properties.authMode ?? 'Key' },
        ],
      })}
      rowHref={href}
      searchText={(row) => row.name}
      empty={
        <EmptyState
          icon={<Radio />}
          title="No endpoints yet"
          teach={
            <CodeBlock
              code={`cat > endpoint.yml <<'YAML'\nname: churn\nauth_mode: key\nYAML\nfulcrum endpoint create --file endpoint.yml ${options}`}
              label="Serve a model"
            />
          }
        >
          An endpoint is a stable scoring URL; the deployments behind it share its traffic, so that a new version can take over
          step by step.
        </EmptyState>
      }
      same={sameRead(
        `fulcrum endpoint list ${options}`,
        path,
        `${pythonClient(workspace)}for endpoint in ml_client.online_endpoints.list():\n    print(endpoint.name, endpoint.traffic)`,
      )}
    >
      <EndpointKinds workspacePath={workspace.path} active="online" />
    </ListPage>
  )
}
