import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { LineChart } from '../../../charts/LineChart.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Slider, Switch } from '../../../ui/Field.tsx'
import { Toolbar } from '../../../ui/Page.tsx'
import type { Job } from '../job.ts'
import { metricsQuery } from '../run-history.ts'

/** One chart per metric, with one cursor over all of them. */
export function JobMetrics({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const { data, error, refetch } = useQuery(metricsQuery(workspace.id, job.name))
  const [search, setSearch] = useSearchState()
  const smoothing = Math.min(0.99, Math.max(0, Number(search['smoothing'] ?? 0) || 0))
  const isLogScale = search['scale'] === 'log'
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={240} />
  if (data.length === 0) {
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
        {data.map((series) => (
          <Card key={series.id}>
            <LineChart
              title={series.label}
              series={[series]}
              xLabel="step"
              smoothing={smoothing}
              isLogScale={isLogScale}
              cursorGroup={job.name}
            />
          </Card>
        ))}
      </CardGrid>
    </>
  )
}
