import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { Panel } from '../../../app/Panel.tsx'
import { useArmList } from '../../../app/queries.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { firesQuery } from '../queries.ts'
import { formatInZone, type Fire, type Schedule } from '../schedule.ts'

type Job = ArmResource<{ readonly status?: string }>

/** When it fired and what came of it. */
export function FireHistory({ schedule, workspace }: { schedule: Schedule; workspace: WorkspaceInView }) {
  const fires = useQuery(firesQuery(schedule.id))
  // One list for all rows; jobs older than its first page are linked without their status.
  const jobs = useArmList<Job>(workspace.id && `${workspace.id}/jobs`, { $top: 200 })
  const statuses = new Map(jobs.rows?.map((job) => [job.name.toLowerCase(), job.properties.status]))
  return (
    <Card title="Fires" isFlush>
      <Panel query={fires} height={200}>
        {(rows) =>
          rows.length > 0 ? (
            <SimpleTable<Fire>
              label="Fires"
              rows={rows}
              rowKey={({ fireTime }) => fireTime}
              columns={[
                { id: 'time', header: 'Due at', cell: ({ fireTime }) => formatInZone(fireTime, undefined) },
                { id: 'ago', header: 'Fired', cell: ({ firedAt }) => <RelativeTime time={firedAt} /> },
                {
                  id: 'trigger',
                  header: 'By',
                  cell: ({ trigger }) => (trigger === 'Manual' ? <Badge tone="accent">hand</Badge> : 'its rule'),
                },
                {
                  id: 'job',
                  header: 'Job',
                  cell: ({ jobName }) =>
                    jobName ? <Link href={`${workspace.path}/jobs/${encodeURIComponent(jobName)}`}>{jobName}</Link> : '–',
                },
                {
                  id: 'status',
                  header: 'Came of it',
                  cell: (fire) => <Outcome fire={fire} status={statuses.get(fire.jobName?.toLowerCase() ?? '')} />,
                },
              ]}
            />
          ) : (
            <EmptyState icon={<History />} title="It has not fired yet">
              Each fire is listed here, with the job that it made or the reason why it made none.
            </EmptyState>
          )
        }
      </Panel>
    </Card>
  )
}

function Outcome({ fire, status }: { fire: Fire; status: string | undefined }) {
  if (fire.error) return <StatusDot status="Failed" detail={fire.error.message} />
  return status ? <StatusDot status={status} /> : <>–</>
}
