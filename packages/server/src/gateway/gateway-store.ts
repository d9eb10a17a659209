import '../domains/endpoints/tables.ts'
import { sql } from 'kysely'
import type { Db } from '../kernel/db/database.ts'
import type { Executor } from '../kernel/db/schema.ts'
import type { MinuteCounters } from './metrics.ts'
import type { DeploymentReport, RoutingSnapshot } from './snapshot.ts'
import type { TrafficLogEntry } from './traffic-log.ts'

/** SQL of the gateway: reads what to serve, writes what it observes. */

/** Notified whenever the generation moves. */
export const servingChannel = 'serving'
/** Notified when a gateway has something new to say. */
export const reportsChannel = 'serving_reports'

export async function readGeneration(db: Executor): Promise<number> {
  const row = await db.selectFrom('generations').select('value').where('name', '=', 'serving').executeTakeFirst()
  return row?.value ?? 0
}

/** The rows are at least as new as the generation that comes with them. */
export async function readSnapshot(db: Executor): Promise<RoutingSnapshot> {
  const generation = await readGeneration(db)
  const endpoints = await db.selectFrom('serving_endpoints').selectAll().orderBy('endpoint_id').execute()
  const deployments = await db.selectFrom('serving_deployments').selectAll().orderBy('deployment_id').execute()
  return {
    generation,
    endpoints: endpoints.map((row) => ({
      ...row.route,
      deployments: deployments
        .filter((deployment) => deployment.endpoint_id === row.endpoint_id)
        .map((deployment) => ({ ...deployment.plan, revision: deployment.revision })),
    })),
  }
}

export async function writeHeartbeat(
  db: Executor,
  gateway: { gatewayId: string; address: string; generation: number },
): Promise<void> {
  const { gatewayId: gateway_id, address, generation } = gateway
  await sql`insert into serving_gateways (gateway_id, address, generation, heartbeat_at) values (${gateway_id}, ${address}, ${generation}, now())
    on conflict (gateway_id) do update set address = excluded.address, generation = excluded.generation, heartbeat_at = now()`.execute(
    db,
  )
  await sql`delete from serving_gateways where heartbeat_at < now() - interval '1 hour'`.execute(db)
}

/** Replaces all reports of a gateway and tells the controllers. */
export async function writeReports(db: Db, gatewayId: string, reports: readonly DeploymentReport[]): Promise<void> {
  await db.transaction(async (tx) => {
    const ids = reports.map((report) => report.deploymentId.toLowerCase())
    await sql`delete from serving_instances where gateway_id = ${gatewayId} and deployment_id <> all(${ids}::text[])`.execute(tx)
    for (const report of reports) {
      // A NUL cannot be stored in jsonb, and output of user code may have one.
      const text = JSON.stringify(report).replaceAll('\\u0000', '')
      await sql`insert into serving_instances (deployment_id, gateway_id, revision, state, ready_instances, report, reported_at)
        values (${report.deploymentId.toLowerCase()}, ${gatewayId}, ${report.revision}, ${report.state}, ${report.readyInstances}, ${text}::jsonb, now())
        on conflict (deployment_id, gateway_id) do update set revision = excluded.revision, state = excluded.state,
          ready_instances = excluded.ready_instances, report = excluded.report, reported_at = now()`.execute(tx)
    }
    await db.notify(reportsChannel, '', tx)
  })
}

export async function removeGateway(db: Executor, gatewayId: string): Promise<void> {
  await db.deleteFrom('serving_instances').where('gateway_id', '=', gatewayId).execute()
  await db.deleteFrom('serving_gateways').where('gateway_id', '=', gatewayId).execute()
}

export async function writeMetrics(
  db: Executor,
  gatewayId: string,
  entries: readonly { readonly endpointId: string; readonly deployment: string; readonly counters: MinuteCounters }[],
): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(({ endpointId, deployment, counters }) => ({
    endpoint_id: endpointId.toLowerCase(),
    deployment,
    minute: new Date(counters.minuteMs),
    gateway_id: gatewayId,
    counters: JSON.stringify(counters),
  }))
  await db
    .insertInto('endpoint_metrics')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['endpoint_id', 'minute', 'deployment', 'gateway_id']).doUpdateSet({ counters: sql`excluded.counters` }),
    )
    .execute()
}

export async function writeTrafficLog(db: Executor, entries: readonly TrafficLogEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => ({
    endpoint_id: entry.endpointId.toLowerCase(),
    deployment: entry.deployment,
    time: entry.time,
    entry: JSON.stringify(entry),
  }))
  await db.insertInto('endpoint_traffic_logs').values(rows).execute()
}
