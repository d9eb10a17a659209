import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { hashKey } from '../../gateway/credentials.ts'
import { servingChannel } from '../../gateway/gateway-store.ts'
import { endpointPath, type DeploymentPlan, type DeploymentReport, type EndpointRoute } from '../../gateway/snapshot.ts'
import type { Tx } from '../../kernel/db/database.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import './tables.ts'
import { endpointIdOf, namesOf, percentsOf } from './types.ts'

/** SQL of what gateways are told and what they say. */

/** A gateway that has not been heard of for this long counts as gone. */
const goneAfterSeconds = 5

/** Moves the generation and wakes the gateways when the transaction commits. */
export async function bumpGeneration(tx: Executor): Promise<void> {
  await sql`insert into generations (name, value) values ('serving', 1) on conflict (name) do update set value = generations.value + 1`.execute(
    tx,
  )
  await sql`select pg_notify(${servingChannel}, '')`.execute(tx)
}

/** Tells the gateways how an endpoint routes and whom it lets in. */
export async function publishRoute(tx: Tx | Executor, ctx: Context, endpoint: StoredResource): Promise<void> {
  const { resourceGroup, workspace, endpoint: name } = namesOf(endpoint.id)
  const scope = endpoint.id.toLowerCase()
  const keys = [
    await ctx.secrets.get(tx, { scope, name: 'primaryKey' }),
    await ctx.secrets.get(tx, { scope, name: 'secondaryKey' }),
  ]
  const authMode = endpoint.properties['authMode']
  const workspaceId = endpointIdOf(endpoint.id)
  const path = endpointPath(resourceGroup, workspace, name)
  const route: Omit<EndpointRoute, 'deployments'> = {
    id: endpoint.id,
    name: endpoint.name,
    workspaceId,
    path,
    authMode: authMode === 'AMLToken' || authMode === 'AADToken' ? authMode : 'Key',
    keyHashes: keys.map((key) => hashKey(key.value.toString('utf8'))),
    traffic: percentsOf(endpoint.properties['traffic']),
    mirrorTraffic: percentsOf(endpoint.properties['mirrorTraffic']),
  }
  const values = { workspace_id: workspaceId.toLowerCase(), path, route: JSON.stringify(route) }
  await tx
    .insertInto('serving_endpoints')
    .values({ endpoint_id: scope, ...values })
    .onConflict((conflict) => conflict.column('endpoint_id').doUpdateSet(values))
    .execute()
  await bumpGeneration(tx)
}

export interface DesiredDeployment {
  readonly revision: number
  readonly specHash: string
  readonly requestedAt: Date
  readonly plan: DeploymentPlan
}

export async function findDesired(db: Executor, deploymentId: string): Promise<DesiredDeployment | undefined> {
  const row = await db
    .selectFrom('serving_deployments')
    .selectAll()
    .where('deployment_id', '=', deploymentId.toLowerCase())
    .executeTakeFirst()
  return row === undefined
    ? undefined
    : { revision: row.revision, specHash: row.spec_hash, requestedAt: row.requested_at, plan: row.plan }
}

/** Hands a deployment to the gateways under a new revision. */
export async function publishDeployment(
  tx: Executor,
  entry: { plan: Omit<DeploymentPlan, 'revision'>; specHash: string; now: Date },
): Promise<void> {
  const { plan, specHash, now } = entry
  const next = await sql<{ revision: number }>`select nextval('serving_revisions') as revision`.execute(tx)
  const revision = next.rows[0]?.revision ?? 0
  const values = {
    endpoint_id: endpointIdOf(plan.id).toLowerCase(),
    revision,
    spec_hash: specHash,
    requested_at: now,
    plan: JSON.stringify({ ...plan, revision }),
  }
  await tx
    .insertInto('serving_deployments')
    .values({ deployment_id: plan.id.toLowerCase(), ...values })
    .onConflict((conflict) => conflict.column('deployment_id').doUpdateSet(values))
    .execute()
  await bumpGeneration(tx)
}

/** The next run of the controller makes a new plan, even from the same properties. */
export async function forgetPlan(tx: Executor, deploymentId: string): Promise<void> {
  await tx
    .updateTable('serving_deployments')
    .set({ spec_hash: '' })
    .where('deployment_id', '=', deploymentId.toLowerCase())
    .execute()
}

export async function removeDeployment(tx: Executor, deploymentId: string): Promise<void> {
  await tx.deleteFrom('serving_deployments').where('deployment_id', '=', deploymentId.toLowerCase()).execute()
  await bumpGeneration(tx)
}

export async function removeEndpoint(tx: Executor, endpointId: string): Promise<void> {
  const id = endpointId.toLowerCase()
  await tx.deleteFrom('serving_deployments').where('endpoint_id', '=', id).execute()
  await tx.deleteFrom('serving_endpoints').where('endpoint_id', '=', id).execute()
  await tx.deleteFrom('endpoint_metrics').where('endpoint_id', '=', id).execute()
  await tx.deleteFrom('endpoint_traffic_logs').where('endpoint_id', '=', id).execute()
  await bumpGeneration(tx)
}

export interface LiveGateway {
  readonly gatewayId: string
  readonly address: string
  readonly generation: number
}

export async function liveGateways(db: Executor): Promise<LiveGateway[]> {
  const rows = await db
    .selectFrom('serving_gateways')
    .selectAll()
    .where(sql<boolean>`heartbeat_at > now() - make_interval(secs => ${goneAfterSeconds})`)
    .orderBy('heartbeat_at', 'desc')
    .execute()
  return rows.map((row) => ({ gatewayId: row.gateway_id, address: row.address, generation: row.generation }))
}

/** What live gateways say about a deployment. */
export async function readReports(db: Executor, deploymentId: string): Promise<DeploymentReport[]> {
  const gateways = await liveGateways(db)
  if (gateways.length === 0) return []
  const rows = await db
    .selectFrom('serving_instances')
    .select('report')
    .where('deployment_id', '=', deploymentId.toLowerCase())
    .where(
      'gateway_id',
      'in',
      gateways.map((gateway) => gateway.gatewayId),
    )
    .execute()
  return rows.map((row) => row.report)
}
