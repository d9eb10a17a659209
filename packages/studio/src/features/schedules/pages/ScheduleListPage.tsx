import { CalendarClock } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { useArmList } from '../../../app/queries.ts'
import { pythonClient, sameRead } from '../../../app/same-by.ts'
import { describeTrigger } from '../../../app/schedule-trigger.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import type { Column } from '../../../ui/Table.tsx'
import { NextFire } from '../parts/UpcomingFires.tsx'
import { describeAction, isEnabled, type Schedule } from '../schedule.ts'

const teaching = `from azure.ai.ml.entities import JobSchedule, CronTrigger

ml_client.schedules.begin_create_or_update(
    JobSchedule(name="nightly", trigger=CronTrigger(expression="0 3 * * *", time_zone="UTC"), create_job="<name of a job>")
)`

/** The schedules of a workspace, those of monitors among them. */
export function ScheduleListPage() {
  const workspace = useWorkspace()
  const path = workspace.id && `${workspace.id}/schedules`
  const list = useArmList<Schedule>(path)
  const href = (row: Schedule) => `${workspace.path}/schedules/${encodeURIComponent(row.name)}`
  return (
    <ListPage
      title="Schedules"
      list={list}
      scopeError={workspace.error}
      columns={columnsFor(href)}
      rowHref={href}
      searchText={(row) => `${row.name} ${row.properties.displayName ?? ''}`}
      choices={[
        {
          id: 'state',
          label: 'State',
          options: [
            { value: 'on', label: 'Enabled' },
            { value: 'off', label: 'Disabled' },
          ],
          valueOf: (row) => (isEnabled(row) ? 'on' : 'off'),
        },
      ]}
      empty={
        <EmptyState
          icon={<CalendarClock />}
          title="No schedules yet"
          teach={<CodeBlock code={`${pythonClient(workspace)}${teaching}`} label="Schedule a job" />}
        >
          A schedule submits a job at the times of its rule, in the time zone of your choice, exactly once each time.
        </EmptyState>
      }
      same={sameRead(
        undefined,
        path,
        `${pythonClient(workspace)}for schedule in ml_client.schedules.list():\n    print(schedule.name, schedule.is_enabled)`,
      )}
    />
  )
}

function columnsFor(href: (row: Schedule) => string): readonly Column<Schedule>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(160px, 1.2fr)',
      cell: (row) => (
        <Link href={href(row)} look="quiet" title={row.name}>
          <strong>{row.properties.displayName || row.name}</strong>
        </Link>
      ),
    },
    {
      id: 'state',
      header: 'State',
      width: '130px',
      cell: (row) => <StatusDot status={isEnabled(row) ? 'Enabled' : 'Disabled'} />,
    },
    { id: 'when', header: 'When', width: 'minmax(180px, 1.4fr)', cell: (row) => describeTrigger(row.properties.trigger) },
    { id: 'zone', header: 'Time zone', width: 'minmax(130px, 1fr)', cell: (row) => row.properties.trigger?.timeZone ?? 'UTC' },
    { id: 'next', header: 'Next', width: '130px', cell: (row) => (isEnabled(row) ? <NextFire scheduleId={row.id} /> : '–') },
    { id: 'does', header: 'Does', width: 'minmax(150px, 1fr)', cell: describeAction },
  ]
}
