import { useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { ApiError } from '../../../api.ts'
import { ActionButtons } from '../../../app/ActionButtons.tsx'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { useActions } from '../../../app/use-actions.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { CopyableId, SourceView } from '../../../ui/Code.tsx'
import { useNavigation } from '../../../ui/navigation.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import { useToast } from '../../../ui/Toast.tsx'
import { jobActions } from '../actions.ts'
import { timesOf, type Job } from '../job.ts'
import { JobOutputs, JobOverview } from '../parts/JobFacts.tsx'
import { JobLeaderboard } from '../parts/JobLeaderboard.tsx'
import { JobLineage } from '../parts/JobLineage.tsx'
import { JobLogs } from '../parts/JobLogs.tsx'
import { JobReuse } from '../parts/JobReuse.tsx'
import { JobSteps } from '../parts/JobSteps.tsx'
import { RunMetrics } from '../parts/RunMetrics.tsx'
import { JobTrials } from '../parts/JobTrials.tsx'
import { useJob } from '../queries.ts'
import { RunPage } from './RunPage.tsx'

/** One job: what it is, what it does, and what came out of it. */
export function JobPage() {
  const workspace = useWorkspace()
  const { job: name = '' } = useParams({ strict: false }) as { job?: string }
  const { data: job, error, refetch } = useJob(workspace, name)
  if (job) return <LoadedJob job={job} workspace={workspace} />
  const crumbs = [{ label: 'Jobs', href: `${workspace.path}/jobs` }]
  if (error instanceof ApiError && error.status === 404) return <RunPage runId={name} workspace={workspace} missing={error} />
  return <PendingPage title={name} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
}

function LoadedJob({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const client = useQueryClient()
  const toast = useToast()
  const { push } = useNavigation()
  const actions = useMemo(() => {
    const open = (name: string) => push(`${workspace.path}/jobs/${encodeURIComponent(name)}`)
    return jobActions({ job, client, toast, open })
  }, [job, client, toast, push, workspace.path])
  useActions(actions)
  const isPipeline = job.properties.jobType === 'Pipeline'
  const isSweep = job.properties.jobType === 'Sweep' || job.properties.jobType === 'AutoML'
  // Its models are ranked besides.
  const isAutoML = job.properties.jobType === 'AutoML'
  const tab = (id: string, label: string, render: () => ReactNode) => ({ id, label, render })
  const overview = tab('overview', 'Overview', () => <JobOverview job={job} workspace={workspace} />)
  const trials = tab('trials', 'Trials', () => <JobTrials job={job} workspace={workspace} />)
  const leaderboard = tab('models', 'Models', () => <JobLeaderboard job={job} workspace={workspace} />)
  const steps = tab('steps', 'Steps', () => <JobSteps job={job} workspace={workspace} />)
  return (
    <DetailPage
      title={job.properties.displayName ?? job.name}
      path={`${workspace.path}/jobs/${encodeURIComponent(job.name)}`}
      crumbs={crumbsOf(job, workspace)}
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
      actions={<ActionButtons actions={actions} />}
      tabs={[
        ...(isPipeline
          ? [steps, overview]
          : isAutoML
            ? [leaderboard, trials, overview]
            : isSweep
              ? [trials, overview]
              : [overview]),
        ...(isPipeline || isSweep ? [] : [tab('logs', 'Logs', () => <JobLogs job={job} />)]),
        tab('metrics', 'Metrics', () => (
          <RunMetrics runId={job.name} isLive={describeStatus(job.properties.status).isLive} workspace={workspace} />
        )),
        tab('outputs', 'Outputs', () => <JobOutputs job={job} workspace={workspace} />),
        tab('reuse', job.properties.parentJobName ? 'Why it ran' : 'Reuse', () => <JobReuse job={job} workspace={workspace} />),
        tab('lineage', 'Lineage', () => <JobLineage job={job} workspace={workspace} />),
        tab('json', 'JSON', () => <SourceView value={job} label={`Job ${job.name}`} />),
      ]}
    />
  )
}

function crumbsOf(job: Job, workspace: WorkspaceInView) {
  const { experimentName, parentJobName } = job.properties
  return [
    { label: 'Jobs', href: `${workspace.path}/jobs` },
    ...(experimentName
      ? [{ label: experimentName, href: `${workspace.path}/jobs?q=${encodeURIComponent(experimentName)}` }]
      : []),
    ...(parentJobName ? [{ label: parentJobName, href: `${workspace.path}/jobs/${encodeURIComponent(parentJobName)}` }] : []),
  ]
}
