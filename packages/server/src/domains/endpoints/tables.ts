import type { Generated } from 'kysely'
import type { DeploymentPlan, DeploymentReport, EndpointRoute } from '../../gateway/snapshot.ts'
import type { MinuteCounters } from '../../gateway/metrics.ts'
import type { TrafficLogEntry } from '../../gateway/traffic-log.ts'
import type { Json } from '../../kernel/tables.ts'

/** Ids of endpoints and deployments are in lower case. */
export interface ServingEndpointsTable {
  endpoint_id: string
  workspace_id: string
  path: string
  route: Json<Omit<EndpointRoute, 'deployments'>>
}

export interface ServingDeploymentsTable {
  deployment_id: string
  endpoint_id: string
  revision: number
  /** Of the properties that the plan was made from; empty asks for a new plan. */
  spec_hash: string
  requested_at: Date
  plan: Json<DeploymentPlan>
}

export interface ServingGatewaysTable {
  gateway_id: string
  address: string
  generation: number
  heartbeat_at: Date
}

export interface ServingInstancesTable {
  deployment_id: string
  gateway_id: string
  revision: number
  state: string
  ready_instances: number
  report: Json<DeploymentReport>
  reported_at: Date
}

export interface EndpointMetricsTable {
  endpoint_id: string
  deployment: string
  minute: Date
  gateway_id: string
  counters: Json<MinuteCounters>
}

export interface EndpointTrafficLogsTable {
  id: Generated<number>
  endpoint_id: string
  deployment: string
  time: Date
  entry: Json<TrafficLogEntry>
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    serving_endpoints: ServingEndpointsTable
    serving_deployments: ServingDeploymentsTable
    serving_gateways: ServingGatewaysTable
    serving_instances: ServingInstancesTable
    endpoint_metrics: EndpointMetricsTable
    endpoint_traffic_logs: EndpointTrafficLogsTable
  }
}
