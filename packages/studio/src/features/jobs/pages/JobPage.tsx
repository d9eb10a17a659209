import { useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Failure } from '../../../app/PageFailure.tsx'
import { reasonAgainst } from '../../../app/actions.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { useActions } from '../../../app/use-actions.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { Button } from '../../../ui/Button.tsx'
import { CopyableId, SourceView } from '../../../ui/Code.tsx'
import { Skeleton } from '../../../ui/Feedback.tsx'
import { PageBody, PageHeader } from '../../../ui/Page.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { Tabs } from '../../../ui/Tabs.tsx'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import { useToast } from '../../../ui/Toast.tsx'
import { jobActions } from '../actions.ts'
import { timesOf, type Job } from '../job.ts'
import { JobLineage, JobOutputs, JobOverview } from '../parts/JobFacts.tsx'
import { JobLogs } from '../parts/JobLogs.tsx'
import { JobMetrics } from '../parts/JobMetrics.tsx'
import { JobSteps } from '../parts/JobSteps.tsx'
import { useJob } from '../queries.ts'

/** One job: what it is, what it does, and what came out of it. */
export function JobPage() {
  const workspace = useWorkspace()
  const { job: name = '' } = useParams({ strict: false }) as { job?: string }
  const { data: job, error, refetch } = useJob(workspace, name)
  if (job) return <LoadedJob job={job} workspace={workspace} />
  const failure = error ?? workspace.error
  return (
    <PageBody>
      <PageHeader title={name} crumbs={[{ label: 'Jobs', href: `${workspace.path}/jobs` }]} />
      {failure ? <Failure error={failure} onRetry={() => void refetch()} /> : <Skeleton lines={6} />}
    </PageBody>
  )
}

function LoadedJob({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const client = useQueryClient()
  const toast = useToast()
  const [search] = useSearchState()
  const actions = useMemo(() => jobActions({ job, client, toast }), [job, client, toast])
  useActions(actions)
  const path = `${workspace.path}/jobs/${encodeURIComponent(job.name)}`
  const isPipeline = job.properties.jobType === 'Pipeline'
  const tabs = ['overview', 'metrics', 'logs', 'outputs', ...(isPipeline ? ['steps'] : []), 'lineage', 'json']
  const active = tabs.find((tab) => tab === search['tab']) ?? 'overview'
  return (
    <PageBody>
      <PageHeader
        title={job.properties.displayName ?? job.name}
        crumbs={[
          { label: 'Jobs', href: `${workspace.path}/jobs` },
          ...(job.properties.experimentName
            ? [
                {
                  label: job.properties.experimentName,
                  href: `${workspace.path}/jobs?q=${encodeURIComponent(job.properties.experimentName)}`,
                },
              ]
            : []),
        ]}
        status={<StatusBadge status={job.properties.status} />}
        facts={
          <>
            <CopyableId id={job.name} />
            <span>{job.properties.jobType}</span>
            <Duration {...timesOf(job)} />
            <span>
              created <RelativeTime time={job.systemData?.createdAt} />
              {job.systemData?.createdBy && ` by ${job.systemData.createdBy}`}
            </span>
          </>
        }
        actions={actions.map((action) => (
          <Button
            key={action.id}
            icon={action.icon && <action.icon />}
            disabledReason={reasonAgainst(action, { workspacePath: workspace.path })}
            onClick={() => action.perform({ workspacePath: workspace.path })}
          >
            {action.name}
          </Button>
        ))}
      />
      <Tabs
        label="Job"
        active={active}
        tabs={tabs.map((tab) => ({
          id: tab,
          label: tab === 'json' ? 'JSON' : tab.charAt(0).toUpperCase() + tab.slice(1),
          href: tab === 'overview' ? path : `${path}?tab=${tab}`,
        }))}
      />
      <JobTab tab={active} job={job} workspace={workspace} />
    </PageBody>
  )
}

function JobTab({ tab, job, workspace }: { tab: string; job: Job; workspace: WorkspaceInView }) {
  switch (tab) {
    case 'metrics':
      return <JobMetrics job={job} workspace={workspace} />
    case 'logs':
      return <JobLogs job={job} workspace={workspace} />
    case 'outputs':
      return <JobOutputs job={job} />
    case 'steps':
      return <JobSteps job={job} workspace={workspace} />
    case 'lineage':
      return <JobLineage job={job} />
    case 'json':
      return <SourceView value={job} label={`Job ${job.name}`} />
    default:
      return <JobOverview job={job} workspace={workspace} />
  }
}
