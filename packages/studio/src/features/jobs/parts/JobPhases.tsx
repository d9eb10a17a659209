import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../../app/Panel.tsx'
import { PhaseBar } from '../../../graph/PhaseBar.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { Timeline } from '../../../ui/Timeline.tsx'
import { Duration, RelativeTime } from '../../../ui/Time.tsx'
import type { Job } from '../job.ts'
import { jobGraphQuery, phasesOf, spanOf, statusOf, stepOf, type JobNode } from '../steps.ts'
import { Attempts } from './Attempts.tsx'

/** Where the time of the job went: one entry per phase of a command, one per step of a pipeline. */
export function JobPhases({ job }: { job: Job }) {
  const graph = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  const isPipeline = job.properties.jobType === 'Pipeline'
  return (
    <Card title={isPipeline ? 'Steps in time' : 'Phases'}>
      <Panel query={graph}>
        {({ nodes }) => {
          const entries = entriesOf(nodes, isPipeline)
          const [own] = nodes
          return entries.length > 0 ? (
            <>
              {!isPipeline && own && <PhaseBar step={stepOf(own, [])} />}
              <Timeline label="Phases" entries={entries} />
              {!isPipeline && own && <Attempts node={own} />}
            </>
          ) : (
            <EmptyState title="Not started yet">
              Here the phases appear as the job passes them: queued, preparing, running, finalizing.
            </EmptyState>
          )
        }}
      </Panel>
    </Card>
  )
}

function entriesOf(nodes: readonly JobNode[], isPipeline: boolean) {
  const single = isPipeline ? undefined : nodes[0]
  if (!single) {
    return nodes.map((node) => ({
      id: node.name,
      status: statusOf(node),
      title: node.displayName ?? node.name,
      note: <Duration {...spanOf(node)} />,
    }))
  }
  const isOver = !describeStatus(statusOf(single)).isLive
  return phasesOf(single).map((phase, position) => ({
    id: `${position}-${phase.raw}`,
    status: phase.isLast ? statusOf(single) : 'Completed',
    title: phase.name,
    note: phase.isLast && isOver ? <RelativeTime time={phase.start} /> : <Duration start={phase.start} end={phase.end} />,
  }))
}
