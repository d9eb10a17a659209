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
  const own = series.filter(({ id }) => !isSystem(id))
  const system = series.filter(({ id }) => isSystem(id))
  const curves = own.filter(({ points }) => points.length > 1)
  return (
    <>
      {own.length === 0 && <NoMetrics />}
      <Figures series={own} />
      {curves.length > 0 && <Curves curves={curves} cursorGroup={runId} />}
      {system.length > 0 && <SystemMetrics series={system} cursorGroup={`${runId} system`} />}
      {data && data.params.length > 0 && (
        <Card title="Parameters">
          <KeyValueList items={data.params.map(({ key, value }) => ({ key, value }))} />
        </Card>
      )}
    </>
  )
}

/** What the job used of its host, as MLflow names it. */
const isSystem = (id: string): boolean => id.startsWith('system/')

/** Metrics that were logged once. */
function Figures({ series }: { series: readonly Series[] }) {
  const figures = series.filter(({ points }) => points.length === 1)
  if (figures.length === 0) return null
  return (
    <CardGrid minWidth={170}>
      {figures.map((figure) => (
        <StatTile key={figure.id} label={figure.label} value={formatNumber(figure.points[0]?.y ?? Number.NaN)} />
      ))}
    </CardGrid>
  )
}

/** Apart from what the job logged, and never smoothed. */
function SystemMetrics({ series, cursorGroup }: { series: readonly Series[]; cursorGroup: string }) {
  const shown = series.map((one) => ({ ...one, label: one.label.replace('system/', '').replaceAll('_', ' ') }))
  const curves = shown.filter(({ points }) => points.length > 1)
  return (
    <Card title="System" note="What the job used of what it may use, every 5 seconds.">
      <Figures series={shown} />
      {curves.length > 0 && (
        <CardGrid minWidth={420}>
          {curves.map((one) => (
            <LineChart key={one.id} title={one.label} series={[one]} xLabel="sample" cursorGroup={cursorGroup} />
          ))}
        </CardGrid>
      )}
    </Card>
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
