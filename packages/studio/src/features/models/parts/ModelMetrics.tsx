import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { ApiError } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { runDataQuery } from '../../../app/run-data.ts'
import { StatTile } from '../../../charts/SmallCharts.tsx'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { KeyValueList } from '../../../ui/Page.tsx'
import type { ModelVersion } from '../model.ts'

/** Metrics and parameters of the run that made the version: the last value of each. */
export function ModelMetrics({ version }: { version: ModelVersion }) {
  const run = version.properties.runId ?? version.properties.jobName ?? undefined
  const workspaceId = version.id.split('/').slice(0, 9).join('/')
  const { data, error, refetch } = useQuery({ ...runDataQuery(workspaceId, run ?? '', false), enabled: run !== undefined })
  const isMissing = run === undefined || (error instanceof ApiError && error.status === 404)
  if (error && !isMissing) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data && !isMissing) return <Skeleton height={160} />
  const series = data?.series ?? []
  return (
    <>
      {series.length === 0 && (
        <Card>
          <EmptyState icon={<ChartLine />} title="No metrics are tied to this version">
            Metrics come from the MLflow run that made the model. Register it from inside the run, or name the job when you create
            the version.
          </EmptyState>
        </Card>
      )}
      <CardGrid minWidth={170}>
        {series.map(({ id, label, points }) => (
          <StatTile
            key={id}
            label={label}
            value={formatNumber(points.at(-1)?.y ?? Number.NaN)}
            {...(points.length > 2 && { trend: points.map(({ y }) => y) })}
          />
        ))}
      </CardGrid>
      {data && data.params.length > 0 && (
        <Card title="Parameters">
          <KeyValueList items={data.params.map(({ key, value }) => ({ key, value }))} />
        </Card>
      )}
    </>
  )
}
