import type { UseQueryResult } from '@tanstack/react-query'
import { Split } from 'lucide-react'
import { useState } from 'react'
import { ModelReference } from '../../../app/ModelReference.tsx'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite, workspaceOptions } from '../../../app/same-by.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { TrafficBar } from '../../../charts/SmallCharts.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Card, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel } from '../../../ui/Feedback.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { sharesOf, type Deployment, type Endpoint } from '../endpoint.ts'
import { TrafficDialog } from './TrafficDialog.tsx'

interface DeploymentsProps {
  readonly endpoint: Endpoint
  readonly deployments: UseQueryResult<readonly Deployment[]>
  readonly workspace: WorkspaceInView
}

/** How the traffic is split, and what answers it. */
export function Deployments({ endpoint, deployments, workspace }: DeploymentsProps) {
  const { traffic, mirrorTraffic } = endpoint.properties
  const mirrored = sharesOf(mirrorTraffic).filter(({ percent }) => percent > 0)
  const [isEditing, setEditing] = useState(false)
  const options = workspaceOptions(workspace)
  return (
    <>
      <Card
        title="Traffic"
        note={
          mirrored.length > 0
            ? mirrored.map(({ label, percent }) => `${percent} % is mirrored to ${label}`).join(', ')
            : undefined
        }
        actions={
          <Button
            icon={<Split />}
            disabledReason={deployments.data?.length ? undefined : 'There is no deployment to send traffic to'}
            onClick={() => setEditing(true)}
          >
            Change traffic
          </Button>
        }
      >
        <TrafficBar label="Traffic by deployment" shares={sharesOf(traffic)} />
      </Card>
      <Panel query={deployments}>
        {(rows) => (
          <>
            {rows.map((row) => (
              <DeploymentFailure key={row.id} deployment={row} />
            ))}
            <Card title="Deployments" isFlush>
              {rows.length > 0 ? (
                <DeploymentTable rows={rows} endpoint={endpoint} workspacePath={workspace.path} />
              ) : (
                <EmptyState
                  title="No deployment yet"
                  teach={
                    <CodeBlock
                      code={`cat > blue.yml <<'YAML'\nname: blue\nendpoint_name: ${endpoint.name}\nmodel: azureml:<model>:1\ninstance_count: 1\nYAML\nfulcrum deployment create --file blue.yml ${options}\nfulcrum endpoint traffic ${endpoint.name} blue=100 ${options}`}
                      label="Deploy a model"
                    />
                  }
                >
                  A deployment runs one model version in one environment. The endpoint answers once one of them takes traffic.
                </EmptyState>
              )}
            </Card>
            {isEditing && <TrafficDialog endpoint={endpoint} deployments={rows} onClose={() => setEditing(false)} />}
          </>
        )}
      </Panel>
      <SameByCard
        {...sameWrite(`fulcrum endpoint traffic ${endpoint.name} blue=90 green=10 ${options}`, 'PUT', endpoint.id, {
          location: endpoint.location ?? 'local',
          properties: { authMode: endpoint.properties.authMode ?? 'Key', traffic: { blue: 90, green: 10 } },
        })}
      />
    </>
  )
}

/** A deployment that failed, with the end of what its workers wrote and the probe that gave up. */
function DeploymentFailure({ deployment }: { deployment: Deployment }) {
  const { failure } = deployment.properties
  if (!failure) return undefined
  return (
    <Stack gap={2}>
      <ErrorPanel
        title={`Deployment ${deployment.name} failed`}
        error={{
          message: `${failure.message ?? 'No reason was recorded.'}${failure.probe ? ` Failing probe: ${failure.probe}.` : ''}`,
          ...(failure.code && { code: failure.code }),
        }}
      />
      {failure.log && <CodeBlock code={failure.log} label={`Last lines of ${deployment.name}`} />}
    </Stack>
  )
}

function DeploymentTable({
  rows,
  endpoint,
  workspacePath,
}: {
  rows: readonly Deployment[]
  endpoint: Endpoint
  workspacePath: string
}) {
  const model = ({ properties }: Deployment) =>
    properties.model ? <ModelReference reference={properties.model} workspacePath={workspacePath} /> : '–'
  return (
    <SimpleTable
      label="Deployments"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        { id: 'name', header: 'Name', cell: (row) => <strong>{row.name}</strong> },
        { id: 'state', header: 'State', cell: (row) => <StatusDot status={row.properties.provisioningState} /> },
        { id: 'model', header: 'Model', cell: model },
        { id: 'instances', header: 'Instances', isNumeric: true, cell: (row) => row.sku?.capacity ?? 1 },
        {
          id: 'traffic',
          header: 'Traffic',
          isNumeric: true,
          cell: (row) => `${endpoint.properties.traffic?.[row.name] ?? 0} %`,
        },
        { id: 'created', header: 'Created', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
      ]}
    />
  )
}
