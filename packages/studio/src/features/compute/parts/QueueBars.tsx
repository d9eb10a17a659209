import type { JobQueue } from '@fulcrum/contract'
import { UsageBar } from '../../../charts/UsageBar.tsx'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { Link } from '../../../ui/Link.tsx'
import { Badge } from '../../../ui/Status.tsx'
import { hostBars, quotaBars, type QueueBar } from '../queue.ts'

/** What the host gives, and how much of it is taken. */
export function HostBars({ queue, queueHref }: { queue: JobQueue; queueHref?: string }) {
  return (
    <Card
      title="This host"
      note="All workspaces together. Jobs that reserve no cores or memory share what is left."
      actions={
        queueHref && <Link href={queueHref}>{`${queue.counts.running} running, ${queue.counts.waiting} waiting here`}</Link>
      }
    >
      <Bars bars={[...hostBars(queue), ...quotaBars(queue.quotas)]} />
    </Card>
  )
}

/** Each compute that has anything to do: its slots, what waits before it, and what the first in the line waits for. */
export function ComputeBars({ queue, hrefOf }: { queue: JobQueue; hrefOf(compute: string): string }) {
  return (
    <CardGrid minWidth={300}>
      {queue.computes.map((compute) => (
        <Card
          key={compute.name}
          title={<Link href={hrefOf(compute.name)}>{compute.name}</Link>}
          note={compute.reason?.message}
          actions={
            <Badge>{compute.state ? `${compute.computeType}, ${compute.state.toLowerCase()}` : compute.computeType}</Badge>
          }
        >
          <Stack gap={3}>
            <Bars bars={[{ id: 'slots', label: 'Slots', ...compute.slots, format: String }, ...quotaBars(compute.quotas)]} />
            <span>
              {compute.running} running, {compute.waiting} waiting
            </span>
          </Stack>
        </Card>
      ))}
    </CardGrid>
  )
}

function Bars({ bars }: { bars: readonly QueueBar[] }) {
  return (
    <CardGrid minWidth={190}>
      {bars.map(({ id, ...bar }) => (
        <UsageBar key={id} {...bar} />
      ))}
    </CardGrid>
  )
}
