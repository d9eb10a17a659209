import { useQuery } from '@tanstack/react-query'
import { Gauge } from 'lucide-react'
import { ListPage } from '../../../app/ListPage.tsx'
import { statusOfVerdict } from '../../../app/monitor-verdict.ts'
import { describeTrigger } from '../../../app/schedule-trigger.ts'
import { useArmList } from '../../../app/queries.ts'
import { sameRead, workspaceOptions } from '../../../app/same-by.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { isMonitor, type Schedule } from '../monitor.ts'
import { monitorRunsQuery } from '../queries.ts'

/** The monitors of a workspace with their newest verdicts. */
export function MonitorListPage() {
  const workspace = useWorkspace()
  const path = workspace.id && `${workspace.id}/schedules`
  const list = useArmList<Schedule>(path)
  const runs = useQuery(monitorRunsQuery(workspace.id))
  const newestOf = (row: Schedule) => runs.data?.find(({ properties }) => properties.scheduleName === row.name)?.properties
  const href = (row: Schedule) => `${workspace.path}/monitors/${encodeURIComponent(row.name)}`
  return (
    <ListPage
      title="Monitors"
      list={{ ...list, rows: list.rows?.filter(isMonitor) }}
      scopeError={workspace.error}
      columns={[
        {
          id: 'name',
          header: 'Name',
          width: 'minmax(170px, 1.2fr)',
          cell: (row) => (
            <Link href={href(row)} look="quiet">
              <strong>{row.properties.displayName || row.name}</strong>
            </Link>
          ),
        },
        {
          id: 'verdict',
          header: 'Newest verdict',
          width: '160px',
          cell: (row) => {
            const newest = newestOf(row)
            return newest ? <StatusDot status={statusOfVerdict(newest.verdict ?? newest.status)} /> : 'not run yet'
          },
        },
        {
          id: 'breached',
          header: 'Breached',
          width: 'minmax(140px, 1fr)',
          cell: (row) => {
            const features = newestOf(row)?.signals.flatMap(({ breachedFeatures }) => breachedFeatures) ?? []
            return features.length > 0 ? [...new Set(features)].join(', ') : '–'
          },
        },
        {
          id: 'when',
          header: 'Runs',
          width: '130px',
          cell: (row) => (row.properties.isEnabled === false ? 'switched off' : describeTrigger(row.properties.trigger)),
        },
        { id: 'last', header: 'Last run', width: '120px', cell: (row) => <RelativeTime time={newestOf(row)?.createdAt} /> },
      ]}
      rowHref={href}
      searchText={(row) => `${row.name} ${row.properties.displayName ?? ''}`}
      empty={
        <EmptyState
          icon={<Gauge />}
          title="No monitors yet"
          teach={
            <CodeBlock
              code={`fulcrum schedule create --file monitor.yml ${workspaceOptions(workspace)}`}
              label="Create a monitor"
            />
          }
        >
          A monitor compares production data with a reference on a schedule and raises an event beyond its thresholds; the event
          can start retraining.
        </EmptyState>
      }
      same={sameRead(`fulcrum schedule list ${workspaceOptions(workspace)}`, path)}
    />
  )
}
