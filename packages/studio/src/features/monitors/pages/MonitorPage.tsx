import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { api } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { statusOfVerdict } from '../../../app/monitor-verdict.ts'
import { describeTrigger } from '../../../app/schedule-trigger.ts'
import { resourceQuery } from '../../../app/queries.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { nameOfId } from '../../../arm.ts'
import { Button } from '../../../ui/Button.tsx'
import { SourceView } from '../../../ui/Code.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { useToast } from '../../../ui/Toast.tsx'
import { type Schedule } from '../monitor.ts'
import { MonitorRuns } from '../parts/MonitorRuns.tsx'
import { Signals } from '../parts/Signals.tsx'
import { monitorRunsQuery } from '../queries.ts'

/** One monitor: what it watches, what its newest run found, and how that went over time. */
export function MonitorPage() {
  const workspace = useWorkspace()
  const { monitor: name = '' } = useParams({ strict: false }) as { monitor?: string }
  const id = workspace.id && `${workspace.id}/schedules/${encodeURIComponent(name)}`
  const { data, error, refetch } = useQuery(resourceQuery<Schedule>(id))
  if (data && workspace.id) return <LoadedMonitor schedule={data} workspace={workspace} workspaceId={workspace.id} />
  const crumbs = [{ label: 'Monitors', href: `${workspace.path}/monitors` }]
  return <PendingPage title={name} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
}

interface LoadedMonitorProps {
  readonly schedule: Schedule
  readonly workspace: WorkspaceInView
  readonly workspaceId: string
}

function LoadedMonitor({ schedule, workspace, workspaceId }: LoadedMonitorProps) {
  const runs = useQuery(monitorRunsQuery(workspaceId, schedule.name))
  const newest = runs.data?.[0]?.properties
  const target = schedule.properties.action?.monitorDefinition?.monitoringTarget?.deploymentId
  const watched = target && watchedOf(target, workspace.path)
  return (
    <DetailPage
      title={schedule.properties.displayName || schedule.name}
      crumbs={[{ label: 'Monitors', href: `${workspace.path}/monitors` }]}
      path={`${workspace.path}/monitors/${encodeURIComponent(schedule.name)}`}
      status={<StatusBadge status={newest ? statusOfVerdict(newest.verdict ?? newest.status) : 'NotRun'} />}
      facts={
        <>
          <span>{schedule.properties.isEnabled === false ? 'switched off' : describeTrigger(schedule.properties.trigger)}</span>
          {watched && <span>watches {watched.href ? <Link href={watched.href}>{watched.shown}</Link> : watched.shown}</span>}
        </>
      }
      actions={<RunNow scheduleId={schedule.id} workspaceId={workspaceId} />}
      tabs={[
        {
          id: 'signals',
          label: 'Signals',
          render: () => <Signals workspaceId={workspaceId} schedule={schedule} runs={runs} />,
        },
        {
          id: 'runs',
          label: 'Runs over time',
          count: runs.data?.length,
          render: () => <MonitorRuns workspaceId={workspaceId} schedule={schedule} runs={runs} workspacePath={workspace.path} />,
        },
        { id: 'json', label: 'JSON', render: () => <SourceView value={schedule} label={`Monitor ${schedule.name}`} /> },
      ]}
    />
  )
}

function RunNow({ scheduleId, workspaceId }: { scheduleId: string; workspaceId: string }) {
  const client = useQueryClient()
  const toast = useToast()
  const run = useMutation({
    mutationFn: () => api.post(`${scheduleId}/runMonitor`, { body: {} }),
    onSuccess: () => {
      toast({ text: 'The monitor is running' })
      void client.invalidateQueries({ queryKey: ['arm', `${workspaceId}/monitorRuns`] })
    },
    onError: (error) => toast({ text: `The monitor did not start: ${error.message}`, status: 'Failed' }),
  })
  return (
    <Button icon={<Play />} look="primary" isBusy={run.isPending} onClick={() => run.mutate()}>
      Run now
    </Button>
  )
}

/** A deployment named by its id, or as `azureml:<endpoint>:<deployment>`. */
function watchedOf(target: string, workspacePath: string): { shown: string; href: string | undefined } {
  const [, endpoint, deployment] = /^azureml:([^:/]+):([^:/]+)$/.exec(target) ?? []
  if (endpoint === undefined) return { shown: nameOfId(target), href: assetHref(target, workspacePath) }
  return {
    shown: `${endpoint}, deployment ${deployment}`,
    href: `${workspacePath}/endpoints/${encodeURIComponent(endpoint)}`,
  }
}
