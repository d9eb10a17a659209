import { isAppError, type ErrorDetail } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findResource, listResources, type StoredResource } from '../../kernel/resources/index.ts'
import type { ClaimedTask, TaskResult } from '../../kernel/tasks/index.ts'
import type { DeploymentReport } from '../../gateway/snapshot.ts'
import { readGeneration } from '../../gateway/gateway-store.ts'
import { durationMs } from './duration.ts'
import { registerCollections } from './collected-assets.ts'
import { planDeployment, specHashOf } from './plan-deployment.ts'
import {
  findDesired,
  liveGateways,
  publishDeployment,
  publishRoute,
  readReports,
  removeDeployment,
  removeEndpoint,
} from './serving-store.ts'
import { deploymentType, endpointIdOf, objectOf, percentsOf } from './types.ts'

const pollMs = 200
const logTailLines = 50

/** An endpoint is there once every gateway routes it. */
export async function reconcileEndpoint(ctx: Context, task: ClaimedTask): Promise<TaskResult> {
  const endpoint = await findResource(ctx.db.kysely, task.key)
  if (endpoint === undefined) return undefined
  const state = endpoint.status['provisioningState']
  if (state === 'Deleting') {
    await ctx.db.transaction(async (tx) => {
      await removeEndpoint(tx, endpoint.id)
      const children = await listResources(tx, { type: deploymentType, parentId: endpoint.id, limit: 1_000 })
      for (const child of children) await ctx.resources.removeIn(tx, systemActor, child)
      await ctx.secrets.destroyScope(tx, endpoint.id.toLowerCase())
      await ctx.resources.removeIn(tx, systemActor, endpoint)
    })
    return undefined
  }
  if (state === 'Succeeded' || state === 'Failed') return undefined
  const generation = await readGeneration(ctx.db.kysely)
  const gateways = await liveGateways(ctx.db.kysely)
  // Without a running gateway there is nobody to wait for: it reads the route when it starts.
  if (gateways.some((gateway) => gateway.generation < generation)) return { againAfterMs: pollMs }
  await ctx.db.transaction((tx) => ctx.resources.updateStatus(tx, endpoint.id, { provisioningState: 'Succeeded' }))
  return undefined
}

/** Brings a deployment to its properties: files, environment, workers; ends when the gateways say that it is ready or has failed. */
export async function reconcileDeployment(ctx: Context, task: ClaimedTask): Promise<TaskResult> {
  const deployment = await findResource(ctx.db.kysely, task.key)
  if (deployment === undefined) return undefined
  const state = deployment.status['provisioningState']
  if (state === 'Deleting') {
    await deleteDeployment(ctx, deployment)
    return undefined
  }
  if (state === 'Succeeded' || state === 'Failed') return undefined
  const specHash = specHashOf(deployment)
  const desired = await findDesired(ctx.db.kysely, deployment.id)
  if (desired === undefined || desired.specHash !== specHash) return prepare(ctx, deployment, specHash)
  const reports = (await readReports(ctx.db.kysely, deployment.id)).filter((report) => report.revision === desired.revision)
  const failed = reports.find((report) => report.state === 'failed')
  if (failed !== undefined) {
    await fail(ctx, deployment, {
      code: failed.code ?? 'ResourceNotReady',
      message: failed.message ?? 'The deployment failed.',
      report: failed,
    })
    return undefined
  }
  const gateways = await liveGateways(ctx.db.kysely)
  if (gateways.length > 0 && reports.length >= gateways.length && reports.every((report) => report.state === 'ready')) {
    await succeed(ctx, deployment, reports)
    return undefined
  }
  if (ctx.clock.now().getTime() - desired.requestedAt.getTime() > patienceMs(deployment)) {
    const report = reports[0]
    const message =
      gateways.length === 0
        ? 'No gateway is running, so nobody can serve the deployment.'
        : 'The workers did not become ready in time (readiness probe).'
    await fail(ctx, deployment, { code: 'ResourceNotReady', message, report })
    return undefined
  }
  return { againAfterMs: pollMs }
}

async function prepare(ctx: Context, deployment: StoredResource, specHash: string): Promise<TaskResult> {
  const progress: string[] = []
  try {
    const plan = await planDeployment(ctx, deployment, (line) => progress.push(line))
    await ctx.db.transaction(async (tx) => {
      const now = await findResource(tx, deployment.id, { forUpdate: true })
      if (now === undefined || now.status['provisioningState'] === 'Deleting' || specHashOf(now) !== specHash) return
      await publishDeployment(tx, { plan, specHash, now: ctx.clock.now() })
      await registerCollections(ctx, tx, { deployment: now, collections: Object.keys(plan.collections) })
    })
    return { againAfterMs: 20 }
  } catch (error) {
    // What the platform cannot do now is tried again; what the user asked for and cannot be done is told.
    if (!isAppError(error) || error.status >= 500) throw error
    const log = [...progress, ...error.details.map((detail) => detail.message)].slice(-logTailLines)
    await fail(ctx, deployment, { code: 'InvalidDeploymentSpec', message: error.message, report: undefined, log })
    return undefined
  }
}

/** Time for workers to become ready: the readiness probe's delay and its tries. */
function patienceMs(deployment: StoredResource): number {
  const probe = objectOf(deployment.properties['readinessProbe'])
  const tries = typeof probe['failureThreshold'] === 'number' ? probe['failureThreshold'] : 30
  return durationMs(probe['initialDelay'], 10_000, 'initialDelay') + tries * durationMs(probe['period'], 10_000, 'period')
}

async function succeed(ctx: Context, deployment: StoredResource, reports: readonly DeploymentReport[]): Promise<void> {
  const [report] = reports
  await ctx.db.transaction(async (tx) => {
    await ctx.resources.updateStatus(tx, deployment.id, {
      provisioningState: 'Succeeded',
      failure: null,
      signature: { inputs: report?.inputs ?? null, outputs: report?.outputs ?? null, inputExample: report?.inputExample ?? null },
    })
    await appendEvent(tx, ctx, systemActor, {
      type: 'onlineDeployments.ready',
      subject: deployment.id,
      action: `${deploymentType}/write`,
    })
  })
}

async function fail(
  ctx: Context,
  deployment: StoredResource,
  failure: { code: string; message: string; report: DeploymentReport | undefined; log?: readonly string[] },
): Promise<void> {
  const lines = failure.log ?? failure.report?.log.split('\n').slice(-logTailLines) ?? []
  const probe = failure.report?.probe ?? null
  const details: ErrorDetail[] = lines.map((message) => ({ code: 'Log', message }))
  await ctx.db.transaction(async (tx) => {
    const status = {
      provisioningState: 'Failed',
      failure: { code: failure.code, message: failure.message, probe, log: lines.join('\n') },
    }
    const { code, message } = failure
    await ctx.resources.updateStatus(tx, deployment.id, status, {
      code,
      message: probe === null ? message : `${message} (failing probe: ${probe})`,
      details,
    })
    await appendEvent(tx, ctx, systemActor, {
      type: 'onlineDeployments.failed',
      subject: deployment.id,
      action: `${deploymentType}/write`,
      result: 'failed',
      data: { code, message },
    })
  })
}

async function deleteDeployment(ctx: Context, deployment: StoredResource): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await removeDeployment(tx, deployment.id)
    const endpoint = await findResource(tx, endpointIdOf(deployment.id), { forUpdate: true })
    if (endpoint !== undefined) {
      const without = (member: string) =>
        Object.fromEntries(Object.entries(percentsOf(endpoint.properties[member])).filter(([name]) => name !== deployment.name))
      const properties = { ...endpoint.properties, traffic: without('traffic'), mirrorTraffic: without('mirrorTraffic') }
      await tx
        .updateTable('resources')
        .set({ properties: JSON.stringify(properties) })
        .where('id', '=', endpoint.id.toLowerCase())
        .execute()
      await publishRoute(tx, ctx, { ...endpoint, properties })
    }
    await ctx.resources.removeIn(tx, systemActor, deployment)
  })
}
