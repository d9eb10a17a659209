import { useQuery } from '@tanstack/react-query'
import { Panel } from '../../../app/Panel.tsx'
import { Card } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { describeStatus } from '../../../ui/status.ts'
import { Timeline } from '../../../ui/Timeline.tsx'
import { Duration } from '../../../ui/Time.tsx'
import type { Job } from '../job.ts'
import { jobGraphQuery, type JobNode } from '../steps.ts'

/** Where the time of the job went: one entry per phase of a command, one per step of a pipeline. */
export function JobPhases({ job }: { job: Job }) {
  const graph = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  return (
    <Card title={job.properties.jobType === 'Pipeline' ? 'Steps in time' : 'Phases'}>
      <Panel query={graph}>
        {({ nodes }) => {
          const entries = entriesOf(nodes, job.properties.status)
          return entries.length > 0 ? (
            <Timeline label="Phases" entries={entries} />
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

function entriesOf(nodes: readonly JobNode[], status: string | undefined) {
  const single = nodes.length === 1 ? nodes[0] : undefined
  if (!single?.phases) {
    return nodes.map((node) => ({
      id: node.name,
      status: node.status,
      title: node.displayName ?? node.name,
      note: <Duration start={node.startedAt} end={node.endedAt} />,
    }))
  }
  return single.phases.map((phase, position) => {
    const isLast = position === (single.phases?.length ?? 0) - 1
    return {
      id: `${position}-${phase.name}`,
      status: isLast ? (status ?? phase.name) : 'Completed',
      title: describeStatus(phase.name).word,
      note: isLast && !describeStatus(status).isLive ? undefined : <Duration start={phase.startedAt} end={phase.endedAt} />,
    }
  })
}
