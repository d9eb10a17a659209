import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api.ts'
import type { Series } from '../../charts/prepare-lines.ts'

/** What the run history knows of a job: links to its log files, and why it failed. */
export interface RunDetails {
  readonly runId: string
  readonly status: string
  /** File name to a link that may be read as it is. */
  readonly logFiles?: Readonly<Record<string, string>>
  readonly error?: { readonly error?: { readonly code?: string; readonly message?: string } } | null
}

export interface ChildRun {
  readonly runId: string
  readonly status?: string
  readonly displayName?: string
  readonly name?: string
  readonly startTimeUtc?: string | null
  readonly endTimeUtc?: string | null
  readonly properties?: Readonly<Record<string, string>>
}

interface MlflowMetric {
  readonly key: string
  readonly value: number
  readonly step?: number | string
  readonly timestamp: number | string
}

/** Live events of the job make these stale too: their keys start with the job's id. */
export function runDetailsQuery(workspaceId: string | undefined, job: string) {
  return queryOptions({
    queryKey: ['arm', `${workspaceId ?? ''}/jobs/${job}`, 'details'],
    queryFn: ({ signal }) =>
      api.get<RunDetails>(`/history/v1.0${workspaceId ?? ''}/runs/${encodeURIComponent(job)}/details`, { signal }),
    enabled: workspaceId !== undefined,
  })
}

export function childRunsQuery(workspaceId: string | undefined, job: string) {
  return queryOptions({
    queryKey: ['arm', `${workspaceId ?? ''}/jobs/${job}`, 'children'],
    queryFn: ({ signal }) =>
      api.get<{ value: readonly ChildRun[] }>(`/history/v1.0${workspaceId ?? ''}/runs/${encodeURIComponent(job)}/children`, {
        signal,
      }),
    enabled: workspaceId !== undefined,
  })
}

/** Every metric of a run with its history, through MLflow's own interface. */
export function metricsQuery(workspaceId: string | undefined, job: string) {
  const base = `/mlflow/v1.0${workspaceId ?? ''}/api/2.0/mlflow`
  return queryOptions({
    queryKey: ['arm', `${workspaceId ?? ''}/jobs/${job}`, 'metrics'],
    queryFn: async ({ signal }): Promise<readonly Series[]> => {
      const answer = await api.get<{ run: { data: { metrics?: readonly MlflowMetric[] } } }>(`${base}/runs/get`, {
        query: { run_id: job },
        signal,
      })
      const keys = (answer.run.data.metrics ?? []).map((metric) => metric.key)
      return Promise.all(
        keys.map(async (key) => {
          const history = await api.get<{ metrics?: readonly MlflowMetric[] }>(`${base}/metrics/get-history`, {
            query: { run_id: job, metric_key: key },
            signal,
          })
          return toSeries(key, history.metrics ?? [])
        }),
      )
    },
    enabled: workspaceId !== undefined,
  })
}

/** MLflow sends integers as texts in JSON. */
export function toSeries(key: string, metrics: readonly MlflowMetric[]): Series {
  return { id: key, label: key, points: metrics.map((metric) => ({ x: Number(metric.step ?? 0), y: Number(metric.value) })) }
}
