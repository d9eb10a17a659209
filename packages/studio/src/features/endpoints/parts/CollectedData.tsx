import { DatabaseZap } from 'lucide-react'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge } from '../../../ui/Status.tsx'
import type { Deployment, Endpoint } from '../endpoint.ts'

interface CollectedDataProps {
  readonly endpoint: Endpoint
  readonly deployments: readonly Deployment[]
  readonly workspace: WorkspaceInView
}

const teaching = `data_collector:
  collections:
    model_inputs: {enabled: true}
    model_outputs: {enabled: true}`

/** What is kept of requests and answers: one data asset per deployment and collection. */
export function CollectedData({ endpoint, deployments, workspace }: CollectedDataProps) {
  const rows = deployments.flatMap((deployment) =>
    Object.entries(deployment.properties.dataCollector?.collections ?? {}).map(([collection, { dataCollectionMode }]) => ({
      id: `${endpoint.name}-${deployment.name}-${collection}`,
      deployment: deployment.name,
      collection,
      mode: dataCollectionMode ?? 'Enabled',
    })),
  )
  if (rows.length === 0) {
    return (
      <Card>
        <EmptyState
          icon={<DatabaseZap />}
          title="Nothing is collected here"
          teach={<CodeBlock code={teaching} label="In the deployment’s YAML" />}
        >
          Collected inputs and outputs carry correlation ids, so that monitors can compare them with the training data and with
          the truth that arrives later.
        </EmptyState>
      </Card>
    )
  }
  return (
    <Card title="Collections" isFlush>
      <SimpleTable
        label="Collections"
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          { id: 'deployment', header: 'Deployment', cell: (row) => row.deployment },
          { id: 'collection', header: 'Collection', cell: (row) => <Badge>{row.collection}</Badge> },
          { id: 'mode', header: 'Mode', cell: (row) => row.mode },
          {
            id: 'asset',
            header: 'Preview and profile',
            cell: (row) => <Link href={`${workspace.path}/data/${encodeURIComponent(row.id)}/1`}>{row.id}</Link>,
          },
          {
            id: 'path',
            header: 'Where it lies',
            cell: (row) => (
              <CopyableId
                id={`azureml://datastores/workspaceblobstore/paths/modelDataCollector/${endpoint.name}/${row.deployment}/${row.collection}/`}
              />
            ),
          },
        ]}
      />
    </Card>
  )
}
