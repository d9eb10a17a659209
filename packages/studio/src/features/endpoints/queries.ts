import type { MetricSeries } from '@fulcrum/contract'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, type Page } from '../../api.ts'
import { armKey, resourceQuery } from '../../app/queries.ts'
import { describeStatus } from '../../ui/status.ts'
import type { BatchDeployment, MiniBatches } from './batch.ts'
import type { Deployment, Endpoint } from './endpoint.ts'

/** One endpoint; asked for now and then while it changes. */
export function useEndpoint(id: string | undefined) {
  return useQuery({
    ...resourceQuery<Endpoint>(id),
    refetchInterval: (query) => (describeStatus(query.state.data?.properties.provisioningState).isLive ? 1500 : false),
  })
}

export function deploymentsQuery(endpointId: string) {
  return queryOptions({
    queryKey: armKey(`${endpointId}/deployments`),
    queryFn: async ({ signal }) => (await api.get<Page<Deployment>>(`${endpointId}/deployments`, { signal })).value,
    refetchInterval: (query) =>
      query.state.data?.some(({ properties }) => describeStatus(properties.provisioningState).isLive) ? 1500 : false,
  })
}

interface MetricsAnswer {
  readonly from: string
  readonly to: string
  readonly value: readonly MetricSeries[]
}

/** Figures by minute of the last `minutes` minutes. */
export function metricsQuery(endpointId: string, minutes: number) {
  return queryOptions({
    queryKey: ['arm', endpointId, 'metrics', minutes],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - minutes * 60_000).toISOString()
      return api.get<MetricsAnswer>(`${endpointId}/metrics`, { query: { from }, signal })
    },
    refetchInterval: 10_000,
  })
}

export interface TrafficLogRow {
  readonly id: number
  readonly time?: string
  readonly deployment?: string
  readonly method?: string
  readonly path?: string
  readonly responseCode?: number
  readonly reason?: string | null
  readonly totalMs?: number
  readonly requestId?: string
  readonly mirrored?: boolean
}

export function trafficLogsQuery(endpointId: string) {
  return queryOptions({
    queryKey: ['arm', endpointId, 'trafficLogs'],
    queryFn: async ({ signal }) =>
      (await api.get<{ value: readonly TrafficLogRow[] }>(`${endpointId}/trafficLogs`, { query: { $top: 100 }, signal })).value,
    refetchInterval: 5000,
  })
}

export function batchDeploymentsQuery(endpointId: string) {
  return queryOptions({
    queryKey: armKey(`${endpointId}/deployments`),
    queryFn: async ({ signal }) => (await api.get<Page<BatchDeployment>>(`${endpointId}/deployments`, { signal })).value,
    refetchInterval: (query) =>
      query.state.data?.some(({ properties }) => describeStatus(properties.provisioningState).isLive) ? 1500 : false,
  })
}

/** Progress of a job's parallel steps; asked for again while the job lives, and once after its end. */
export function miniBatchesQuery(jobId: string, status: string | undefined) {
  const { isLive } = describeStatus(status)
  return queryOptions({
    queryKey: ['arm', jobId, 'miniBatches', isLive],
    queryFn: async ({ signal }) => (await api.get<{ value: readonly MiniBatches[] }>(`${jobId}/miniBatches`, { signal })).value,
    refetchInterval: isLive ? 2000 : false,
  })
}
