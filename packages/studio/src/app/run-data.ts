import { queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'
import type { Series } from '../charts/prepare-lines.ts'

interface MlflowMetric {
  readonly key: string
  readonly value: number | string
  readonly step?: number | string
  readonly timestamp: number | string
}

interface KeyValue {
  readonly key: string
  readonly value: string
}

interface MlflowRun {
  readonly info?: { readonly run_name?: string; readonly status?: string }
  readonly data?: { readonly metrics?: readonly MlflowMetric[]; readonly params?: readonly KeyValue[] }
}

export interface RunData {
  readonly name: string | undefined
  /** As MLflow has it: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED. */
  readonly status: string | undefined
  readonly series: readonly Series[]
  readonly params: readonly KeyValue[]
}

/** Every metric of a run with its history, and its parameters, through MLflow's own interface. A job that has not begun has no run. */
export function runDataQuery(workspaceId: string | undefined, job: string, isLive: boolean) {
  const base = `/mlflow/v1.0${workspaceId ?? ''}/api/2.0/mlflow`
  return queryOptions({
    queryKey: ['arm', `${workspaceId ?? ''}/jobs/${job}`, 'metrics'],
    queryFn: async ({ signal }): Promise<RunData> => {
      const { run } = await api.get<{ run: MlflowRun }>(`${base}/runs/get`, { query: { run_id: job }, signal })
      const series = await Promise.all(
        (run.data?.metrics ?? []).map(async ({ key }) => {
          const query = { run_id: job, metric_key: key, max_results: 10_000 }
          const history = await api.get<{ metrics?: readonly MlflowMetric[] }>(`${base}/metrics/get-history`, { query, signal })
          return toSeries(key, history.metrics ?? [])
        }),
      )
      return { name: run.info?.run_name, status: run.info?.status, series, params: run.data?.params ?? [] }
    },
    enabled: workspaceId !== undefined,
    refetchInterval: isLive ? 5000 : false,
  })
}

/** MLflow sends integers as texts in JSON, and NaN and infinities as words. */
export function toSeries(key: string, metrics: readonly MlflowMetric[]): Series {
  return { id: key, label: key, points: metrics.map((metric) => ({ x: Number(metric.step ?? 0), y: Number(metric.value) })) }
}
