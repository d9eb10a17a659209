import { useQuery } from '@tanstack/react-query'
import { SlidersHorizontal } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Panel } from '../../../app/Panel.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { LineChart } from '../../../charts/LineChart.tsx'
import { ParallelCoordinates } from '../../../charts/ParallelCoordinates.tsx'
import { parseBrushes, prepareParallel, printBrushes } from '../../../charts/prepare-parallel.ts'
import { Scatter } from '../../../charts/Scatter.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { EmptyState, Notice } from '../../../ui/Feedback.tsx'
import { useNavigation } from '../../../ui/navigation.tsx'
import { describeStatus } from '../../../ui/status.ts'
import type { Job } from '../job.ts'
import { jobGraphQuery, type JobNode } from '../steps.ts'
import {
  dimensionsOf,
  isDrawnByLogarithm,
  isLessBetter,
  lookOfTrial,
  summariseTrials,
  toParallelRows,
  valueOf,
  type TrialSummary,
} from '../trials.ts'
import { BestTrial, TrialFigures } from './BestTrial.tsx'
import { TrialTable } from './TrialTable.tsx'

interface JobTrialsProps {
  readonly job: Job
  readonly workspace: WorkspaceInView
}

/** What a sweep has tried: the best first, then parameters against what they reached, then each trial. */
export function JobTrials({ job, workspace }: JobTrialsProps) {
  const graph = useQuery(jobGraphQuery(job.id, describeStatus(job.properties.status).isLive))
  return (
    <Panel query={graph}>
      {({ nodes: [sweep] }) =>
        sweep?.trials?.length ? (
          <Trials sweep={sweep} job={job} workspace={workspace} />
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

function Trials({ sweep, job, workspace }: JobTrialsProps & { sweep: JobNode }) {
  const [search, setSearch] = useSearchState()
  const [highlighted, onHighlight] = useState<string>()
  const { push } = useNavigation()
  const summary = useMemo(() => summariseTrials(sweep), [sweep])
  const { searchSpace } = job.properties
  const dimensions = useMemo(() => dimensionsOf(summary, searchSpace), [summary, searchSpace])
  const rows = useMemo(() => toParallelRows(summary), [summary])
  const brushes = useMemo(() => parseBrushes(search['marks']), [search['marks']])
  const hrefOf = (name: string) => `${workspace.path}/jobs/${encodeURIComponent(name)}`
  const kept = useMemo(() => {
    const { lines } = prepareParallel(dimensions, rows, { brushes, isLessBetter: false })
    return new Set(lines.flatMap(({ row, isInside }) => (isInside ? [row.id] : [])))
  }, [dimensions, rows, brushes])
  const hasValues = (summary.series[0]?.points.length ?? 0) > 0
  const shared = {
    best: summary.best?.jobName,
    highlighted,
    onHighlight,
    onOpen: (name: string) => push(hrefOf(name)),
  }
  return (
    <>
      <TrialFigures summary={summary} job={job} hrefOf={hrefOf} />
      {summary.best && <BestTrial best={summary.best} summary={summary} job={job} hrefOf={hrefOf} />}
      {hasValues ? (
        <>
          <Card
            title={`Parameters and ${summary.metric}`}
            note="One line per trial, from the worst (orange) to the best (teal); dashed where a policy stopped it"
          >
            <ParallelCoordinates
              {...shared}
              label="Trials by parameter"
              dimensions={dimensions}
              rows={rows}
              isLessBetter={isLessBetter(summary.goal)}
              brushes={brushes}
              onBrushes={(next) => setSearch({ marks: printBrushes(next) })}
            />
          </Card>
          <CardGrid minWidth={420}>
            {(summary.series[0]?.points.length ?? 0) > 1 && (
              <Card>
                <LineChart title={`${summary.metric} by trial`} series={summary.series} xLabel="trial" height={230} />
              </Card>
            )}
            <Card title={`Each parameter against ${summary.metric}`}>
              <CardGrid minWidth={180}>
                {summary.parameters.map((name) => (
                  <Scatter
                    key={name}
                    {...shared}
                    xLabel={name}
                    yLabel={summary.metric}
                    isLogX={isDrawnByLogarithm(searchSpace, name)}
                    points={pointsOf(summary, name)}
                  />
                ))}
              </CardGrid>
            </Card>
          </CardGrid>
        </>
      ) : (
        <Notice>
          No trial has logged “{summary.metric}” yet. Trials log it with mlflow.log_metric; here it is then drawn against each
          parameter.
        </Notice>
      )}
      <TrialTable
        summary={summary}
        kept={kept}
        onClear={() => setSearch({ marks: undefined })}
        sort={search['sort']}
        onSort={(sort) => setSearch({ sort })}
        hrefOf={hrefOf}
      />
    </>
  )
}

function pointsOf({ trials }: TrialSummary, name: string) {
  return trials.map((trial) => ({
    id: trial.jobName,
    label: `trial ${trial.number}`,
    x: valueOf(trial, name),
    y: trial.objective ?? undefined,
    look: lookOfTrial(trial),
  }))
}
