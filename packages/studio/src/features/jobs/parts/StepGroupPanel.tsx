import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Failure } from '../../../app/PageFailure.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Stack } from '../../../ui/Card.tsx'
import { Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { Duration } from '../../../ui/Time.tsx'
import { spanOf, statusOf, stepGroupQuery, type JobStepGroup } from '../steps.ts'
import styles from './jobs.module.css'

const pageSize = 50

/** What stands behind a group of steps: how many are in which state, and the steps themselves, a page at a time. */
export function StepGroupPanel({ jobId, group, workspacePath }: { jobId: string; group: JobStepGroup; workspacePath: string }) {
  const [skip, setSkip] = useState(0)
  const page = { group: group.id, skip, limit: pageSize }
  const { data, error, refetch } = useQuery({ ...stepGroupQuery(jobId, page), placeholderData: keepPreviousData })
  const last = Math.min(skip + pageSize, group.count)
  return (
    <section aria-label={`Steps ${group.label}`}>
      <Stack gap={3}>
        <div className={styles.panelHead}>
          <h3>{group.label}</h3>
          {Object.entries(group.statuses).map(([status, count]) => (
            <span key={status}>
              {count.toLocaleString('en-GB')} {describeStatus(status).word.toLowerCase()}
            </span>
          ))}
          <span>
            {(skip + 1).toLocaleString('en-GB')}–{last.toLocaleString('en-GB')} of {group.count.toLocaleString('en-GB')}
          </span>
          <Button
            size="s"
            disabledReason={skip === 0 ? 'These are the first steps.' : undefined}
            onClick={() => setSkip(Math.max(0, skip - pageSize))}
          >
            Previous
          </Button>
          <Button
            size="s"
            disabledReason={last >= group.count ? 'These are the last steps.' : undefined}
            onClick={() => setSkip(skip + pageSize)}
          >
            Next
          </Button>
        </div>
        {error && !data && <Failure error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton height={120} />}
        {data && (
          <SimpleTable
            label={`Steps ${group.label}, a page of them`}
            rows={data.nodes}
            rowKey={(node) => node.name}
            columns={[
              {
                id: 'name',
                header: 'Step',
                cell: (node) => <Link href={`${workspacePath}/jobs/${encodeURIComponent(node.jobName)}`}>{node.name}</Link>,
              },
              { id: 'status', header: 'Status', cell: (node) => <StatusDot status={statusOf(node)} /> },
              { id: 'duration', header: 'Duration', cell: (node) => <Duration {...spanOf(node)} /> },
            ]}
          />
        )}
      </Stack>
    </section>
  )
}
