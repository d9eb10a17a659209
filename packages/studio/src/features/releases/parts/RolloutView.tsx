import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import { api } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { nameOfId } from '../../../arm.ts'
import { TrafficBar } from '../../../charts/SmallCharts.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Card, Stack } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, ErrorPanel } from '../../../ui/Feedback.tsx'
import { formatDuration, formatNumber, formatPercent } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { Timeline } from '../../../ui/Timeline.tsx'
import type { Figures, Rollout } from '../release.ts'

const teaching = `PUT …/providers/Fulcrum.Delivery/rollouts/{name}
{"properties": {"endpointId": "…", "deploymentName": "green", "releaseId": "…", "mirrorPercent": 10, "steps": [10, 50, 100]}}`

/** The ways a release took into traffic: each step with the figures it was judged by. */
export function Rollouts({ rollouts }: { rollouts: readonly Rollout[] }) {
  if (rollouts.length === 0) {
    return (
      <Card>
        <EmptyState title="Not rolled out yet" teach={<CodeBlock code={teaching} label="Start a rollout" />}>
          A rollout mirrors traffic to the new deployment, then moves it there step by step, and goes back by itself when errors
          or latency rise.
        </EmptyState>
      </Card>
    )
  }
  return rollouts.map((rollout) => <RolloutCard key={rollout.id} rollout={rollout} />)
}

function RolloutCard({ rollout }: { rollout: Rollout }) {
  const client = useQueryClient()
  const { properties } = rollout
  const isOver = properties.state === 'RolledBack'
  const isUnderWay = !isOver && properties.state !== 'Released'
  const rollback = useMutation({
    mutationFn: () => api.post(`${rollout.id}/rollback`),
    onSettled: () => client.invalidateQueries({ queryKey: ['arm-type'] }),
  })
  const href = assetHref(properties.endpointId, '')
  const traffic = properties.history?.findLast((entry) => Object.keys(entry.traffic ?? {}).length > 0)?.traffic ?? {}
  return (
    <>
      <Card
        title={`Rollout ${rollout.name}`}
        note={properties.reason}
        actions={
          <>
            <StatusBadge status={properties.state} />
            <Button
              size="s"
              icon={<Undo2 />}
              isBusy={rollback.isPending}
              disabledReason={isOver ? 'It was rolled back already' : undefined}
              onClick={() => rollback.mutate()}
            >
              Roll back
            </Button>
          </>
        }
      >
        <Stack gap={4}>
          {rollback.error && <ErrorPanel title="Rolling back failed" error={rollback.error} />}
          <p>
            Deployment <strong>{properties.deploymentName}</strong> of endpoint{' '}
            {href ? <Link href={href}>{nameOfId(properties.endpointId)}</Link> : nameOfId(properties.endpointId)}: mirror{' '}
            {properties.mirrorPercent ?? 0} %, then {(properties.steps ?? []).map((step) => `${step} %`).join(', ')}.
          </p>
          <TrafficBar
            label="Traffic as last set"
            shares={Object.entries(traffic).map(([name, percent]) => ({ id: name, label: name, percent }))}
          />
          {isUnderWay && properties.figures && <FiguresTable figures={properties.figures} />}
          <Timeline
            label="Steps"
            entries={(properties.history ?? []).map((entry, position) => ({
              id: `${position}-${entry.time}`,
              status: entry.what.startsWith('RolledBack') ? 'RolledBack' : 'Succeeded',
              title: entry.what,
              note: <RelativeTime time={entry.time} />,
              children: entry.figures && <FiguresTable figures={entry.figures} />,
            }))}
          />
        </Stack>
      </Card>
      <SameByCard {...sameWrite(undefined, 'POST', `${rollout.id}/rollback`)} />
    </>
  )
}

function FiguresTable({ figures }: { figures: { readonly current: Figures; readonly candidate: Figures } }) {
  const rows = [
    { id: 'New', ...figures.candidate },
    { id: 'Before', ...figures.current },
  ]
  return (
    <SimpleTable
      label="Figures of this step"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        { id: 'name', header: 'Deployment', cell: ({ id }) => id },
        { id: 'requests', header: 'Requests', isNumeric: true, cell: ({ requests }) => formatNumber(requests) },
        { id: 'errors', header: 'Errors', isNumeric: true, cell: ({ errorRate }) => formatPercent(errorRate) },
        { id: 'p99', header: 'p99', isNumeric: true, cell: ({ p99Ms }) => formatDuration(p99Ms) },
      ]}
    />
  )
}
