import { Layers3 } from 'lucide-react'
import { Failure } from '../../../app/PageFailure.tsx'
import { useWorkspaces, type WorkspaceRef } from '../../../app/queries.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList, PageBody, PageHeader } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'

/** The instance at a glance: its workspaces by resource group. */
export function HomePage() {
  const { workspaces, error, retry } = useWorkspaces()
  return (
    <PageBody>
      <PageHeader title="Home" facts={workspaces && <span>{workspaces.length} workspaces in this instance</span>} />
      {error && !workspaces && <Failure error={error} onRetry={retry} />}
      {!workspaces && !error && <Skeleton height={180} />}
      {workspaces?.length === 0 && <NoWorkspaces />}
      <CardGrid minWidth={320}>
        {workspaces?.map((workspace) => (
          <WorkspaceCard key={workspace.id} workspace={workspace} />
        ))}
      </CardGrid>
    </PageBody>
  )
}

function WorkspaceCard({ workspace }: { workspace: WorkspaceRef }) {
  return (
    <Card
      title={<Link href={`${workspace.path}/jobs`}>{workspace.name}</Link>}
      note={workspace.friendlyName}
      actions={<StatusDot status={workspace.provisioningState} />}
    >
      <KeyValueList
        items={[
          { key: 'Resource group', value: workspace.resourceGroup },
          { key: 'Location', value: workspace.location },
          { key: 'Id', value: <CopyableId id={workspace.id} shown={`…/workspaces/${workspace.name}`} /> },
        ]}
      />
    </Card>
  )
}

function NoWorkspaces() {
  return (
    <Card>
      <EmptyState
        icon={<Layers3 />}
        title="This instance has no workspace yet"
        teach={
          <CodeBlock
            code={'az group create --name rg-dev --location local\naz ml workspace create --name dev --resource-group rg-dev'}
            label="Create a workspace by CLI"
          />
        }
      >
        A workspace holds the jobs, data, models and endpoints of one stage: dev, test or prod.
      </EmptyState>
    </Card>
  )
}
