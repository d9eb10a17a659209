import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import type { JobNode } from '../steps.ts'

/** The tries of a step that took more than one; what the last one says is shown elsewhere. */
export function Attempts({ node: { attempts = [] } }: { node: JobNode }) {
  if (attempts.length < 2) return undefined
  return (
    <SimpleTable
      label="Attempts"
      rows={attempts}
      rowKey={({ attempt }) => String(attempt)}
      columns={[
        { id: 'attempt', header: 'Attempt', isNumeric: true, cell: ({ attempt }) => attempt },
        { id: 'started', header: 'Started', cell: ({ startedAt }) => <RelativeTime time={startedAt} /> },
        {
          id: 'took',
          header: 'Took',
          isNumeric: true,
          cell: ({ startedAt, endedAt }) => <Duration start={startedAt} end={endedAt} />,
        },
        { id: 'exit', header: 'Exit code', isNumeric: true, cell: ({ exitCode }) => exitCode ?? '–' },
        { id: 'reason', header: 'Ended', cell: ({ reason, endedAt }) => reason ?? (endedAt ? 'lost' : 'still at it') },
      ]}
    />
  )
}
