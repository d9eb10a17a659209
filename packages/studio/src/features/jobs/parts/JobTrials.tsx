import { useQuery } from '@tanstack/react-query'
import { SlidersHorizontal } from 'lucide-react'
import { Panel } from '../../../app/Panel.tsx'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { LineChart } from '../../../charts/LineChart.tsx'
import { StatTile } from '../../../charts/SmallCharts.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { describeStatus } from '../../../ui/status.ts'
import type { Job } from '../job.ts'
import { jobGraphQuery, type JobNode, type Trial } from '../steps.ts'
import { printParameter, summariseTrials } from '../trials.ts'

/** What a sweep has tried: each trial with its parameters and what it reached, the best one first in sight. */
export function JobTrials({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const graph = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  return (
    <Panel query={graph}>
      {({ nodes: [sweep] }) =>
        sweep?.trials?.length ? (
          <Trials sweep={sweep} workspacePath={workspace.path} />
        ) : (
          <Card>
            <EmptyState icon={<SlidersHorizontal />} title="No trials yet">
              Each trial is a job of its own. They appear here as the sweep makes them.
            </EmptyState>
          </Card>
        )
      }
    </Panel>
  )
}

function Trials({ sweep, workspacePath }: { sweep: JobNode; workspacePath: string }) {
  const { metric, goal, trials, best, ended, series } = summariseTrials(sweep)
  const parameters = [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))]
  const link = (trial: Trial) => `${workspacePath}/jobs/${encodeURIComponent(trial.jobName)}`
  return (
    <>
      <CardGrid minWidth={170}>
        <StatTile
          label={`Best ${metric} (${goal})`}
          value={best?.objective === undefined || best.objective === null ? '–' : formatNumber(best.objective)}
          note={best && <Link href={link(best)}>trial {best.number}</Link>}
        />
        <StatTile label="Trials ended" value={`${ended} of ${trials.length}`} note="made so far" />
      </CardGrid>
      {(series[0]?.points.length ?? 0) > 1 && (
        <Card>
          <LineChart title={`${metric} by trial`} series={series} xLabel="trial" />
        </Card>
      )}
      <Card title="Trials" isFlush>
        <SimpleTable
          label="Trials"
          rows={trials}
          rowKey={(trial) => trial.jobName}
          columns={[
            {
              id: 'name',
              header: 'Trial',
              isOneLine: true,
              cell: (trial) => (
                <>
                  <Link href={link(trial)}>trial {trial.number}</Link> {trial === best && <Badge tone="accent">best</Badge>}
                </>
              ),
            },
            {
              id: 'status',
              header: 'Status',
              cell: (trial) => <StatusDot status={trial.status} {...(trial.stopReason && { detail: trial.stopReason })} />,
            },
            {
              id: 'objective',
              header: metric,
              isNumeric: true,
              cell: (trial) => (trial.objective === null ? '–' : formatNumber(trial.objective)),
            },
            ...parameters.map((name) => ({
              id: `parameter-${name}`,
              header: name,
              isNumeric: trials.every((trial) => typeof trial.parameters[name] === 'number'),
              cell: (trial: Trial) => printParameter(trial.parameters[name] ?? '–'),
            })),
          ]}
        />
      </Card>
    </>
  )
}
