import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ActionButtons } from '../../../app/ActionButtons.tsx'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { resourceQuery } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { pythonClient, sameRead } from '../../../app/same-by.ts'
import { describeTrigger } from '../../../app/schedule-trigger.ts'
import { useActions } from '../../../app/use-actions.ts'
import { useWorkspace, type WorkspaceInView } from '../../../app/workspace.tsx'
import { SourceView } from '../../../ui/Code.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { useToast } from '../../../ui/Toast.tsx'
import { scheduleActions } from '../actions.ts'
import { FireHistory } from '../parts/FireHistory.tsx'
import { ScheduleFacts } from '../parts/ScheduleFacts.tsx'
import { UpcomingFires } from '../parts/UpcomingFires.tsx'
import { describeAction, isEnabled, type Schedule } from '../schedule.ts'

/** One schedule: when it fires next, when it did, and what it does. */
export function SchedulePage() {
  const workspace = useWorkspace()
  const { schedule: name = '' } = useParams({ strict: false }) as { schedule?: string }
  const id = workspace.id && `${workspace.id}/schedules/${encodeURIComponent(name)}`
  const { data, error, refetch } = useQuery(resourceQuery<Schedule>(id))
  if (data) return <LoadedSchedule schedule={data} workspace={workspace} />
  const crumbs = [{ label: 'Schedules', href: `${workspace.path}/schedules` }]
  return <PendingPage title={name} crumbs={crumbs} error={error ?? workspace.error} onRetry={() => void refetch()} />
}

function LoadedSchedule({ schedule, workspace }: { schedule: Schedule; workspace: WorkspaceInView }) {
  const client = useQueryClient()
  const toast = useToast()
  const actions = useMemo(() => scheduleActions({ schedule, client, toast }), [schedule, client, toast])
  useActions(actions)
  const title = schedule.properties.displayName || schedule.name
  return (
    <DetailPage
      title={title}
      crumbs={[{ label: 'Schedules', href: `${workspace.path}/schedules` }]}
      path={`${workspace.path}/schedules/${encodeURIComponent(schedule.name)}`}
      status={<StatusBadge status={isEnabled(schedule) ? 'Enabled' : 'Disabled'} />}
      facts={
        <>
          <span>{describeTrigger(schedule.properties.trigger)}</span>
          <span>{schedule.properties.trigger?.timeZone ?? 'UTC'}</span>
          <span>{describeAction(schedule)}</span>
        </>
      }
      actions={<ActionButtons actions={actions} primary="schedules.trigger" />}
      tabs={[
        {
          id: 'fires',
          label: 'Fires',
          render: () => (
            <>
              <UpcomingFires schedule={schedule} />
              <FireHistory schedule={schedule} workspace={workspace} />
              <SameByCard
                {...sameRead(
                  undefined,
                  `${schedule.id}/upcomingFires`,
                  `${pythonClient(workspace)}ml_client.schedules.trigger("${schedule.name}")  # now; begin_disable and begin_enable switch it`,
                )}
              />
            </>
          ),
        },
        { id: 'overview', label: 'What it does', render: () => <ScheduleFacts schedule={schedule} workspace={workspace} /> },
        { id: 'json', label: 'JSON', render: () => <SourceView value={schedule} label={`Schedule ${schedule.name}`} /> },
      ]}
    />
  )
}
