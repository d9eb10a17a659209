import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { StepsView, type StepsForm } from '../../../graph/StepsView.tsx'
import { Card } from '../../../ui/Card.tsx'
import { ErrorPanel, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { Duration } from '../../../ui/Time.tsx'
import type { Job } from '../job.ts'
import { jobGraphQuery, spanOf, statusOf, toSteps, type JobNode } from '../steps.ts'

/** The steps of a pipeline; form and selection are part of the URL. */
export function JobSteps({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  const [search, setSearch] = useSearchState()
  const steps = useMemo(() => (data ? toSteps(data) : []), [data])
  const form: StepsForm = search['form'] === 'gantt' || search['form'] === 'list' ? search['form'] : 'graph'
  const selected = data?.nodes.find((node) => node.name === search['step'])
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={520} />
  return (
    <>
      {selected && <SelectedStep node={selected} workspacePath={workspace.path} />}
      <StepsView
        steps={steps}
        form={form}
        onForm={(next) => setSearch({ form: next === 'graph' ? undefined : next })}
        selected={selected?.name}
        onSelect={(step) => setSearch({ step })}
      />
    </>
  )
}

function SelectedStep({ node, workspacePath }: { node: JobNode; workspacePath: string }) {
  return (
    <Card title={node.displayName ?? node.name}>
      {node.error?.message && <ErrorPanel title="The step failed" error={{ message: node.error.message }} />}
      <KeyValueList
        items={[
          { key: 'Status', value: <StatusDot status={statusOf(node)} /> },
          { key: 'Duration', value: <Duration {...spanOf(node)} /> },
          {
            key: 'Log, metrics, outputs',
            value: <Link href={`${workspacePath}/jobs/${encodeURIComponent(node.jobName)}?tab=logs`}>{node.jobName}</Link>,
          },
        ]}
      />
    </Card>
  )
}
