import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { ApiError } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { LineChart } from '../../../charts/LineChart.tsx'
import type { Series } from '../../../charts/prepare-lines.ts'
import { StatTile } from '../../../charts/SmallCharts.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Slider, Switch } from '../../../ui/Field.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { KeyValueList, Toolbar } from '../../../ui/Page.tsx'
import { runDataQuery } from '../../../app/run-data.ts'

/** Single values as figures, curves as charts with one cursor over all of them, and what the run was started with. */
export function RunMetrics({ runId, isLive, workspace }: { runId: string; isLive: boolean; workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(runDataQuery(workspace.id, runId, isLive))
  const hasNoRun = error instanceof ApiError && error.status === 404
  if (error && !data && !hasNoRun) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data && !hasNoRun) return <Skeleton height={240} />
  const series = data?.series ?? []
  const curves = series.filter(({ points }) => points.length > 1)
  const figures = series.filter(({ points }) => points.length === 1)
  return (
    <>
      {series.length === 0 && <NoMetrics />}
      {figures.length > 0 && (
        <CardGrid minWidth={170}>
          {figures.map((figure) => (
            <StatTile key={figure.id} label={figure.label} value={formatNumber(figure.points[0]?.y ?? Number.NaN)} />
          ))}
        </CardGrid>
      )}
      {curves.length > 0 && <Curves curves={curves} cursorGroup={runId} />}
      {data && data.params.length > 0 && (
        <Card title="Parameters">
          <KeyValueList items={data.params.map(({ key, value }) => ({ key, value }))} />
        </Card>
      )}
    </>
  )
}

function Curves({ curves, cursorGroup }: { curves: readonly Series[]; cursorGroup: string }) {
  const [search, setSearch] = useSearchState()
  const smoothing = Math.min(0.99, Math.max(0, Number(search['smoothing'] ?? 0) || 0))
  const isLogScale = search['scale'] === 'log'
  return (
    <>
      <Toolbar label="Charts">
        <Slider
          label="Smoothing"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onChange={(value) => setSearch({ smoothing: value === 0 ? undefined : String(value) })}
        />
        <Switch label="Log scale" isOn={isLogScale} onChange={(isOn) => setSearch({ scale: isOn ? 'log' : undefined })} />
      </Toolbar>
      <CardGrid minWidth={420}>
        {curves.map((one) => (
          <Card key={one.id}>
            <LineChart
              title={one.label}
              series={[one]}
              xLabel="step"
              smoothing={smoothing}
              isLogScale={isLogScale}
              cursorGroup={cursorGroup}
            />
          </Card>
        ))}
      </CardGrid>
    </>
  )
}

function NoMetrics() {
  return (
    <Card>
      <EmptyState
        icon={<ChartLine />}
        title="No metrics yet"
        teach={<CodeBlock code={'import mlflow\n\nmlflow.log_metric("accuracy", 0.91, step=1)'} label="Log a metric" />}
      >
        Whatever the job logs through MLflow is drawn here while it runs.
      </EmptyState>
    </Card>
  )
}
