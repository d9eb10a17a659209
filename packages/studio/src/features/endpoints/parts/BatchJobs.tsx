import { useQuery } from '@tanstack/react-query'
import { useArmList } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite, workspaceOptions } from '../../../app/same-by.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { progressText, type BatchEndpoint, type BatchJob } from '../batch.ts'
import { miniBatchesQuery } from '../queries.ts'

interface BatchJobsProps {
  readonly endpoint: BatchEndpoint
  readonly workspace: WorkspaceInView
}

/** What was scored, and how far that is. */
export function BatchJobs({ endpoint, workspace }: BatchJobsProps) {
  const jobs = useArmList<BatchJob>(`${endpoint.id}/jobs`, { $top: 50 })
  const options = workspaceOptions(workspace)
  const command = `fulcrum batch-endpoint invoke ${endpoint.name} --input ./data --stream ${options}`
  const input = { UriFolder: { jobInputType: 'UriFolder', uri: 'azureml://datastores/workspaceblobstore/paths/data/' } }
  return (
    <>
      <Card title="Jobs" isFlush>
        {jobs.rows === undefined &&
          (jobs.error ? <Failure error={jobs.error} onRetry={jobs.retry} /> : <Skeleton height={120} />)}
        {jobs.rows?.length === 0 && (
          <EmptyState title="Nothing was scored yet" teach={<CodeBlock code={command} label="Score a folder" />}>
            Each invocation is a job of whoever invokes; its rows are the output score.
          </EmptyState>
        )}
        {jobs.rows !== undefined && jobs.rows.length > 0 && (
          <SimpleTable
            label="Jobs"
            rows={jobs.rows}
            rowKey={({ id }) => id}
            columns={[
              {
                id: 'name',
                header: 'Name',
                cell: ({ name }) => <Link href={`${workspace.path}/jobs/${encodeURIComponent(name)}`}>{name}</Link>,
              },
              { id: 'state', header: 'Status', cell: (row) => <StatusDot status={row.properties.status} /> },
              {
                id: 'deployment',
                header: 'Deployment',
                cell: (row) => row.properties.tags?.['azureml.deploymentname'] ?? '–',
              },
              {
                id: 'batches',
                header: 'Mini-batches',
                isNumeric: true,
                cell: (row) => <Progress jobId={`${workspace.id}/jobs/${row.name}`} status={row.properties.status} />,
              },
              { id: 'by', header: 'By', cell: (row) => row.systemData?.createdBy ?? '–' },
              { id: 'created', header: 'Started', cell: (row) => <RelativeTime time={row.systemData?.createdAt} /> },
            ]}
          />
        )}
      </Card>
      <SameByCard {...sameWrite(command, 'POST', `${endpoint.id}/jobs`, { properties: { inputData: input } })} />
    </>
  )
}

function Progress({ jobId, status }: { jobId: string; status: string | undefined }) {
  const { data } = useQuery(miniBatchesQuery(jobId, status))
  return progressText(data)
}
