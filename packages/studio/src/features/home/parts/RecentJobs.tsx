import { useQueries } from '@tanstack/react-query'
import { PlayCircle } from 'lucide-react'
import type { ReactNode } from 'react'
import { api, type ArmResource, type Page } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { armKey, type WorkspaceRef } from '../../../app/queries.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { RelativeTime } from '../../../ui/Time.tsx'
import styles from './home.module.css'

type Job = ArmResource<{ readonly status?: string; readonly displayName?: string; readonly parentJobName?: string | null }>

interface PlacedJob {
  readonly job: Job
  readonly workspace: WorkspaceRef
}

const shownAtMost = 6

/** Jobs of all workspaces: those that run, those that failed, and what was done lately. */
export function RecentJobs({ workspaces }: { workspaces: readonly WorkspaceRef[] }) {
  const lists = useQueries({
    queries: workspaces.map((workspace) => ({
      queryKey: armKey(`${workspace.id}/jobs`, { $top: 50 }),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<Page<Job>>(`${workspace.id}/jobs`, { query: { $top: 50 }, signal }),
    })),
  })
  const failure = lists.find((list) => list.error)?.error
  const isLoading = lists.some((list) => list.isPending)
  const jobs = lists
    .flatMap((list, position): PlacedJob[] => {
      const workspace = workspaces[position]
      return workspace ? (list.data?.value ?? []).map((job) => ({ job, workspace })) : []
    })
    .filter(({ job }) => !job.properties.parentJobName)
    .toSorted((a, b) => (b.job.systemData?.createdAt ?? '').localeCompare(a.job.systemData?.createdAt ?? ''))
  const running = jobs.filter(({ job }) => describeStatus(job.properties.status).isLive)
  const failed = jobs.filter(({ job }) => job.properties.status === 'Failed')
  if (isLoading) return <Skeleton height={160} />
  return (
    <>
      {failure && <Failure error={failure} />}
      <CardGrid minWidth={320}>
        <JobsCard title="Running" jobs={running} empty="No job runs or waits at the moment.">
          {jobs.length === 0 && <CodeBlock code={'fulcrum job create --file job.yml'} label="Submit a job" />}
        </JobsCard>
        <JobsCard title="Failed lately" jobs={failed} empty="No recent job has failed." />
        <JobsCard
          title="Done lately"
          jobs={jobs.filter(({ job }) => job.properties.status === 'Completed')}
          empty="No job has completed yet."
        />
      </CardGrid>
    </>
  )
}

function JobsCard({
  title,
  jobs,
  empty,
  children,
}: {
  title: string
  jobs: readonly PlacedJob[]
  empty: string
  children?: ReactNode
}) {
  return (
    <Card title={title}>
      {jobs.length === 0 ? (
        <EmptyState isCompact icon={<PlayCircle />} title={empty} teach={children} />
      ) : (
        <ul className={styles.list}>
          {jobs.slice(0, shownAtMost).map(({ job, workspace }) => (
            <li key={job.id}>
              <div className={styles.what}>
                <Link href={`${workspace.path}/jobs/${encodeURIComponent(job.name)}`}>
                  {job.properties.displayName ?? job.name}
                </Link>
                <small>
                  {workspace.name}, <RelativeTime time={job.systemData?.createdAt} />
                </small>
              </div>
              <StatusDot status={job.properties.status} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
