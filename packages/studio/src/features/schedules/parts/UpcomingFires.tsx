import { useQuery } from '@tanstack/react-query'
import { CalendarX } from 'lucide-react'
import { Panel } from '../../../app/Panel.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { upcomingQuery } from '../queries.ts'
import { formatInZone, isEnabled, type Schedule } from '../schedule.ts'

/** The next ten times, as the schedule's clock shows them and as the reader's does. */
export function UpcomingFires({ schedule }: { schedule: Schedule }) {
  const query = useQuery(upcomingQuery(schedule.id, 10))
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <Card title="Next ten fires" isFlush>
      <Panel query={query} height={320}>
        {({ timeZone, value }) =>
          value.length > 0 ? (
            <SimpleTable
              label="Next fires"
              rows={value}
              rowKey={({ fireTime }) => fireTime}
              columns={[
                { id: 'in', header: 'When', cell: ({ fireTime }) => <RelativeTime time={fireTime} /> },
                { id: 'zone', header: timeZone, cell: ({ fireTime }) => formatInZone(fireTime, timeZone) },
                ...(timeZone === ownZone
                  ? []
                  : [
                      {
                        id: 'own',
                        header: `Yours (${ownZone})`,
                        cell: ({ fireTime }: { fireTime: string }) => formatInZone(fireTime, ownZone),
                      },
                    ]),
              ]}
            />
          ) : (
            <EmptyState icon={<CalendarX />} title={isEnabled(schedule) ? 'It has ended' : 'It is switched off'}>
              {isEnabled(schedule)
                ? 'Its end lies in the past, or its rule fits no date.'
                : 'Enabled again, it goes on with the next time of its rule; what was missed meanwhile is not made up for.'}
            </EmptyState>
          )
        }
      </Panel>
    </Card>
  )
}

/** The next time alone, for a row of a list. */
export function NextFire({ scheduleId }: { scheduleId: string }) {
  const { data } = useQuery(upcomingQuery(scheduleId, 1))
  const next = data?.value[0]?.fireTime
  return next ? <RelativeTime time={next} /> : <>–</>
}
