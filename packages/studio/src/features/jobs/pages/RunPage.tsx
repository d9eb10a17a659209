import { useQuery } from '@tanstack/react-query'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { runDataQuery } from '../../../app/run-data.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { CopyableId } from '../../../ui/Code.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { RunMetrics } from '../parts/RunMetrics.tsx'

interface RunPageProps {
  readonly runId: string
  readonly workspace: WorkspaceInView
  /** Why there is no job of this name. */
  readonly missing: Error
}

/** A run that was tracked from elsewhere: there is no job behind it, only what it logged. */
export function RunPage({ runId, workspace, missing }: RunPageProps) {
  const { data: run, error, refetch } = useQuery(runDataQuery(workspace.id, runId, false))
  const crumbs = [{ label: 'Jobs', href: `${workspace.path}/jobs` }]
  if (!run) return <PendingPage title={runId} crumbs={crumbs} error={error && missing} onRetry={() => void refetch()} />
  const isLive = run.status === 'RUNNING'
  return (
    <DetailPage
      title={run.name ?? runId}
      path={`${workspace.path}/jobs/${encodeURIComponent(runId)}`}
      crumbs={crumbs}
      status={<StatusBadge status={statusOf(run.status)} />}
      facts={
        <>
          <CopyableId id={runId} />
          <span>MLflow run</span>
        </>
      }
      tabs={[
        { id: 'metrics', label: 'Metrics', render: () => <RunMetrics runId={runId} isLive={isLive} workspace={workspace} /> },
      ]}
    />
  )
}

/** MLflow's words for what a job's status says. */
function statusOf(status: string | undefined): string | undefined {
  const words: Readonly<Record<string, string>> = {
    RUNNING: 'Running',
    SCHEDULED: 'Queued',
    FINISHED: 'Completed',
    FAILED: 'Failed',
    KILLED: 'Canceled',
  }
  return status === undefined ? undefined : words[status]
}
