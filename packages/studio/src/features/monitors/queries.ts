import type { MonitorHistogram, MonitorMetric, MonitorRun } from '@fulcrum/contract'
import { queryOptions } from '@tanstack/react-query'
import { api, type Page } from '../../api.ts'

/** Runs of the monitors of a workspace, newest first; of one schedule when it is named. */
export function monitorRunsQuery(workspaceId: string | undefined, scheduleName?: string) {
  return queryOptions({
    queryKey: ['arm', `${workspaceId ?? ''}/monitorRuns`, scheduleName ?? ''],
    queryFn: async ({ signal }) => {
      const query = { scheduleName, $top: 100 }
      return (await api.get<Page<MonitorRun>>(`${workspaceId ?? ''}/monitorRuns`, { query, signal })).value
    },
    enabled: workspaceId !== undefined,
    refetchInterval: (query) =>
      query.state.data?.some(({ properties }) => properties.status === 'Queued' || properties.status === 'Running')
        ? 1500
        : 15_000,
  })
}

/** One run with every metric. */
export function monitorRunQuery(workspaceId: string | undefined, runId: string | undefined) {
  return queryOptions({
    queryKey: ['arm', `${workspaceId ?? ''}/monitorRuns/${runId ?? ''}`],
    queryFn: ({ signal }) =>
      api.get<MonitorRun>(`${workspaceId ?? ''}/monitorRuns/${encodeURIComponent(runId ?? '')}`, { signal }),
    enabled: workspaceId !== undefined && runId !== undefined,
    refetchInterval: (query) => (['Queued', 'Running'].includes(query.state.data?.properties.status ?? '') ? 1500 : false),
  })
}

interface FeatureAnswer {
  readonly feature: string
  readonly signals: readonly {
    readonly name: string
    readonly dataType: string
    readonly histogram: MonitorHistogram
    readonly metrics: readonly MonitorMetric[]
  }[]
}

/** Histograms of one column in one run. */
export function featureQuery(workspaceId: string, runId: string, feature: string) {
  return queryOptions({
    queryKey: ['arm', `${workspaceId}/monitorRuns/${runId}`, 'features', feature],
    queryFn: ({ signal }) =>
      api.get<FeatureAnswer>(`${workspaceId}/monitorRuns/${encodeURIComponent(runId)}/features/${encodeURIComponent(feature)}`, {
        signal,
      }),
    staleTime: 600_000,
  })
}
