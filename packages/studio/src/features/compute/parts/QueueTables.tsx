import type { JobQueue, RunningEntry, WaitingEntry } from '@fulcrum/contract'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable, type SimpleColumn } from '../../../ui/SimpleTable.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { Duration } from '../../../ui/Time.tsx'
import { printPriority, printRequest, reasonsOf, titleOf } from '../queue.ts'

interface TablesProps {
  readonly queue: JobQueue
  readonly workspacePath: string
}

/** What holds slots now. */
export function RunningTable({ queue, workspacePath }: TablesProps) {
  return (
    <Card title="Running" isFlush>
      {queue.running.length > 0 ? (
        <SimpleTable<RunningEntry>
          label="Running"
          rows={queue.running}
          rowKey={({ jobName }) => jobName}
          columns={[
            nameColumn<RunningEntry>(workspacePath),
            { id: 'status', header: 'Status', cell: ({ status }) => <StatusDot status={status} /> },
            ...placeColumns<RunningEntry>(),
            {
              id: 'gpus',
              header: 'GPUs',
              cell: ({ devices }) => (devices.length > 0 ? devices.join(', ') : '–'),
            },
            {
              id: 'waited',
              header: 'Waited',
              isNumeric: true,
              cell: ({ readyAt, startedAt }) => <Duration start={readyAt} end={startedAt} />,
            },
            { id: 'for', header: 'Runs for', isNumeric: true, cell: ({ startedAt }) => <Duration start={startedAt} /> },
          ]}
        />
      ) : (
        <EmptyState title="Nothing runs in this workspace">Jobs of other workspaces may hold slots of this host.</EmptyState>
      )}
    </Card>
  )
}

/** What waits, in the order of its turns, and what each waits for. */
export function WaitingTable({ queue, workspacePath }: TablesProps) {
  const { waiting, counts } = queue
  const [reason, ...others] = reasonsOf(waiting)
  const note = reason && others.length === 0 && waiting.length > 1 ? `All for the same: ${reason.message}` : undefined
  return (
    <Card title="Waiting" note={note} isFlush>
      {waiting.length > 0 ? (
        <SimpleTable<WaitingEntry>
          label="Waiting"
          rows={waiting}
          rowKey={({ jobName }) => jobName}
          columns={[
            { id: 'position', header: 'Turn', isNumeric: true, cell: ({ position }) => position },
            nameColumn<WaitingEntry>(workspacePath),
            {
              id: 'why',
              header: 'Waits for',
              cell: ({ reason: { code, message } }) => (
                <>
                  <Badge tone={code === 'NotEnough' || code === 'ComputeStopped' ? 'warn' : 'idle'}>{wordOf(code)}</Badge>{' '}
                  {!note && message}
                </>
              ),
            },
            ...placeColumns<WaitingEntry>(),
            { id: 'since', header: 'For', isNumeric: true, cell: ({ readyAt }) => <Duration start={readyAt} /> },
          ]}
        />
      ) : (
        <EmptyState title="Nothing waits">A job that finds no room waits here, in its turn, with the reason.</EmptyState>
      )}
      {counts.waiting > waiting.length && <p>{`${counts.waiting - waiting.length} more wait behind these.`}</p>}
    </Card>
  )
}

/** "ComputeStopped" reads "compute stopped". */
function wordOf(code: string): string {
  if (code === 'Gpus') return 'GPUs'
  return code.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}

function nameColumn<Entry extends RunningEntry | WaitingEntry>(workspacePath: string): SimpleColumn<Entry> {
  const hrefOf = (name: string) => `${workspacePath}/jobs/${encodeURIComponent(name)}`
  return {
    id: 'name',
    header: 'Job',
    cell: (entry) => {
      const { name, of } = titleOf(entry)
      return (
        <>
          <Link href={hrefOf(entry.jobName)}>{name}</Link>
          {of && (
            <>
              {' '}
              of <Link href={hrefOf(of)}>{of}</Link>
            </>
          )}
        </>
      )
    },
  }
}

function placeColumns<Entry extends RunningEntry | WaitingEntry>(): readonly SimpleColumn<Entry>[] {
  return [
    { id: 'compute', header: 'Compute', cell: ({ computeName }) => computeName },
    { id: 'asks', header: 'Asks for', cell: ({ request }) => printRequest(request) },
    { id: 'priority', header: 'Priority', cell: ({ priority }) => printPriority(priority) },
    { id: 'experiment', header: 'Experiment', cell: ({ experimentName }) => experimentName },
    { id: 'by', header: 'By', cell: ({ submitter }) => submitter },
  ]
}
