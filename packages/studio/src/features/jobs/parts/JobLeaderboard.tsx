import { useQuery } from '@tanstack/react-query'
import { Trophy } from 'lucide-react'
import { Panel } from '../../../app/Panel.tsx'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { LineChart } from '../../../charts/LineChart.tsx'
import { BarChart, StatTile } from '../../../charts/SmallCharts.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { EmptyState, Notice } from '../../../ui/Feedback.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { Duration } from '../../../ui/Time.tsx'
import type { Job } from '../job.ts'
import { isLiveStatus, leaderboardQuery, printParameters, progressOf, type Entry, type Leaderboard } from '../leaderboard.ts'

/** What AutoML has tried: the models in the order of their scores, and what the best one goes by. */
export function JobLeaderboard({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const board = useQuery(leaderboardQuery(job.id, isLiveStatus(job.properties.status)))
  const linkTo = (jobName: string): string => `${workspace.path}/jobs/${encodeURIComponent(jobName)}`
  return (
    <Panel query={board}>
      {(found) => (
        <>
          {found.notices.length > 0 && (
            <Notice tone="warn">
              <strong>Not all that was asked for is done here.</strong>
              <ul>
                {found.notices.map((notice) => (
                  <li key={notice}>{notice}</li>
                ))}
              </ul>
            </Notice>
          )}
          {found.value.length === 0 ? (
            <Card>
              <EmptyState icon={<Trophy />} title="No models yet">
                Each model is trained by a job of its own. They appear here as the search tries them.
              </EmptyState>
            </Card>
          ) : (
            <Models board={found} linkTo={linkTo} />
          )}
        </>
      )}
    </Panel>
  )
}

function Models({ board, linkTo }: { board: Leaderboard; linkTo(jobName: string): string }) {
  const best = board.value.find((entry) => entry.jobName === board.bestJobName)
  const series = progressOf(board)
  return (
    <>
      <CardGrid minWidth={190}>
        <StatTile
          label={`Best ${board.primaryMetric}`}
          value={best?.score === undefined || best.score === null ? '–' : formatNumber(best.score)}
          note={board.goal === 'minimize' ? 'lower is better' : 'higher is better'}
        />
        <StatTile
          label="Best model"
          value={best?.algorithm ?? '–'}
          note={best && <Link href={linkTo(best.jobName)}>{best.jobName}</Link>}
        />
        <StatTile
          label="Models scored"
          value={`${board.value.filter((entry) => entry.rank !== null).length} of ${board.value.length}`}
          note={board.task}
        />
      </CardGrid>
      <Importance board={board} />
      {(series[0]?.points.length ?? 0) > 1 && (
        <Card>
          <LineChart title={`${board.primaryMetric} by trial`} series={series} xLabel="trial" />
        </Card>
      )}
      <LeaderboardTable board={board} linkTo={linkTo} />
    </>
  )
}

const mostBars = 15

function Importance({ board: { explanation, primaryMetric } }: { board: Leaderboard }) {
  if (explanation === null) return null
  const { features, rows, repeats } = explanation
  return (
    <Card title="What the best model goes by">
      {features.length === 0 ? (
        <p>The best model looks at nothing but earlier values, so there are no columns to compare.</p>
      ) : (
        <>
          <BarChart
            label="Importance of the columns"
            bars={features.slice(0, mostBars).map(({ name, importance }) => ({ label: name, value: importance }))}
          />
          <p>
            How much {primaryMetric} gets worse when a column is shuffled: mean of {repeats} times, on {rows} rows that the model
            was not trained on.
            {features.length > mostBars && ` ${features.length - mostBars} more columns matter less.`}
          </p>
        </>
      )}
    </Card>
  )
}

function LeaderboardTable({ board, linkTo }: { board: Leaderboard; linkTo(jobName: string): string }) {
  return (
    <Card title="Leaderboard" isFlush>
      <SimpleTable
        label="Leaderboard"
        rows={board.value}
        rowKey={(entry) => entry.jobName}
        columns={[
          { id: 'rank', header: '#', isNumeric: true, cell: (entry: Entry) => entry.rank ?? '–' },
          {
            id: 'algorithm',
            header: 'Algorithm',
            isOneLine: true,
            cell: (entry) => (
              <>
                <Link href={linkTo(entry.jobName)}>{entry.algorithm}</Link>{' '}
                {entry.jobName === board.bestJobName && <Badge tone="accent">best</Badge>}
              </>
            ),
          },
          { id: 'preprocessor', header: 'Scaling', isOneLine: true, cell: (entry) => entry.preprocessor || '–' },
          {
            id: 'score',
            header: board.primaryMetric,
            isNumeric: true,
            cell: (entry) => (entry.score === null ? '–' : formatNumber(entry.score)),
          },
          { id: 'status', header: 'Status', cell: (entry) => <StatusDot status={entry.status} /> },
          {
            id: 'duration',
            header: 'Duration',
            isNumeric: true,
            cell: (entry) => <Duration start={entry.startTime} end={entry.endTime} />,
          },
          { id: 'parameters', header: 'Parameters', isOneLine: true, cell: (entry) => printParameters(entry.parameters) || '–' },
        ]}
      />
    </Card>
  )
}
