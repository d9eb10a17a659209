import type { UseQueryResult } from '@tanstack/react-query'
import { assetHref } from '../../../app/asset-link.ts'
import { Panel } from '../../../app/Panel.tsx'
import { workspaceOptions } from '../../../app/same-by.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { nameOfId } from '../../../arm.ts'
import { Card } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { contentOf, shortContent, workersOf, type BatchDeployment, type BatchEndpoint } from '../batch.ts'

interface BatchDeploymentsProps {
  readonly endpoint: BatchEndpoint
  readonly deployments: UseQueryResult<readonly BatchDeployment[]>
  readonly workspace: WorkspaceInView
}

/** What an invocation may run; one of them is the default. */
export function BatchDeployments({ endpoint, deployments, workspace }: BatchDeploymentsProps) {
  const chosen = endpoint.properties.defaults?.deploymentName?.toLowerCase()
  const options = workspaceOptions(workspace)
  const content = (row: BatchDeployment) => {
    const id = contentOf(row)
    if (id === undefined) return '–'
    const href = assetHref(id, workspace.path)
    return href ? <Link href={href}>{shortContent(id)}</Link> : shortContent(id)
  }
  return (
    <Panel query={deployments}>
      {(rows) => (
        <Card title="Deployments" isFlush>
          {rows.length > 0 ? (
            <SimpleTable
              label="Deployments"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                { id: 'name', header: 'Name', cell: (row) => <strong>{row.name}</strong> },
                { id: 'default', header: 'Default', cell: (row) => (row.name.toLowerCase() === chosen ? 'yes' : '') },
                { id: 'state', header: 'State', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
                { id: 'content', header: 'Model or component', cell: content },
                {
                  id: 'compute',
                  header: 'Compute',
                  cell: ({ properties }) => (properties.compute ? nameOfId(properties.compute) : 'this host'),
                },
                {
                  id: 'files',
                  header: 'Files per mini-batch',
                  isNumeric: true,
                  // A pipeline component cuts nothing into mini-batches by itself.
                  cell: ({ properties }) => (properties.deploymentConfiguration ? '–' : (properties.miniBatchSize ?? 10)),
                },
                {
                  id: 'workers',
                  header: 'Processes',
                  isNumeric: true,
                  cell: (row) => (row.properties.deploymentConfiguration ? '–' : workersOf(row)),
                },
                { id: 'created', header: 'Created', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
              ]}
            />
          ) : (
            <EmptyState
              title="No deployment yet"
              teach={
                <CodeBlock
                  code={`cat > first.yml <<'YAML'\nname: first\nendpoint_name: ${endpoint.name}\nmodel: azureml:<model>:1\ncompute: azureml:local\nYAML\nfulcrum batch-deployment create --file first.yml ${options}\nfulcrum batch-endpoint default ${endpoint.name} first ${options}`}
                  label="Deploy a model"
                />
              }
            >
              A deployment scores with one model version, or runs a pipeline component.
            </EmptyState>
          )}
        </Card>
      )}
    </Panel>
  )
}
