import { AppError, endpointOperations, notSupported } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { scoringOpenApi } from '../../gateway/open-api.ts'
import { ok, route, type ApiReply } from '../../kernel/http/index.ts'
import { deploymentsOf, endpointBehaviours, scoringBase } from './behaviours.ts'
import { reconcileDeployment, reconcileEndpoint } from './controller.ts'
import { issueEndpointToken, readKeys, regenerateKey, requireKeyMode } from './endpoint-keys.ts'
import { endpointMetrics, trafficLogs } from './figures.ts'
import { instancesOf, removeUnusedCode } from './plan-deployment.ts'
import { scoreThroughGateway } from './score-through-gateway.ts'
import { serverlessBehaviours, serverlessRoutes } from './serverless.ts'
import { readReports } from './serving-store.ts'
import './tables.ts'
import { holdEnvironments } from '../environments/index.ts'
import { interpretersInUse } from './plan-deployment.ts'
import { deploymentType, endpointType, objectOf, percentsOf, textOf } from './types.ts'

export { registerDeploymentGuard, type DeploymentGuard, type DeploymentRequest } from './deployment-guards.ts'
export { compareDeployments, type DeploymentFigures } from './figures.ts'
export { servedDigests, type ServedDigest } from './served-digests.ts'
export { batchEndpointsDomain } from './batch/index.ts'
export { setTraffic } from './set-traffic.ts'

const dayMs = 86_400_000
const metricsKeptDays = 90
const logsKeptDays = 7

/** Online endpoints and deployments, their keys, figures and logs. */
export function endpointsDomain(ctx: Context): DomainModule {
  holdEnvironments(ctx, () => interpretersInUse(ctx))
  return {
    name: 'endpoints',
    behaviours: [...endpointBehaviours(ctx), ...serverlessBehaviours()],
    tasks: {
      [`reconcile:${endpointType.toLowerCase()}`]: (task) => reconcileEndpoint(ctx, task),
      [`reconcile:${deploymentType.toLowerCase()}`]: (task) => reconcileDeployment(ctx, task),
    },
    timers: [
      { name: 'forget old endpoint figures', everyMs: 3_600_000, run: () => forgetOld(ctx) },
      { name: 'remove code of replaced deployments', everyMs: 3_600_000, run: () => removeUnusedCode(ctx) },
    ],
    routes: [
      route(endpointOperations.listKeys, async ({ scope }) => {
        const endpoint = await ctx.resources.require(scope)
        requireKeyMode(endpoint)
        return ok(await readKeys(ctx.db.kysely, ctx, endpoint.id))
      }),
      route(endpointOperations.regenerateKeys, async (request) => {
        await regenerateKey(ctx, request.actor, request.scope, request.body)
        return ok(await readKeys(ctx.db.kysely, ctx, request.scope))
      }),
      route(endpointOperations.token, async (request) => {
        const endpoint = await ctx.resources.require(request.scope)
        if (endpoint.properties['authMode'] !== 'AMLToken')
          throw notSupported(
            `A token for an endpoint with ${String(endpoint.properties['authMode'])}`,
            'Use its keys, or your own token.',
          )
        return ok(issueEndpointToken(ctx, request.actor, endpoint.id))
      }),
      route(endpointOperations.metrics, async ({ scope, query }) => {
        await ctx.resources.require(scope)
        return ok(await endpointMetrics(ctx, scope, query))
      }),
      route(endpointOperations.trafficLogs, async ({ scope, query }) => {
        await ctx.resources.require(scope)
        return ok(await trafficLogs(ctx, scope, query))
      }),
      ...serverlessRoutes(ctx),
      route(endpointOperations.score, (request) => scoreThroughGateway(ctx, request)),
      route(endpointOperations.openApi, async ({ scope }) => ok(await openApiOf(ctx, scope))),
      route(endpointOperations.getLogs, ({ scope, body }) => deploymentLogs(ctx, scope, body.tail ?? 100)),
      route(endpointOperations.skus, async ({ scope }) => {
        const deployment = await ctx.resources.require(scope)
        const capacity = { minimum: 1, maximum: 50, default: instancesOf(deployment), scaleType: 'Manual' }
        return ok({ value: [{ resourceType: deploymentType, sku: { name: 'Default' }, capacity }], nextLink: null })
      }),
    ],
  }
}

/** The document of the deployment with most traffic. */
async function openApiOf(ctx: Context, endpointId: string): Promise<Record<string, unknown>> {
  const endpoint = await ctx.resources.require(endpointId)
  const deployments = await deploymentsOf(ctx.db.kysely, endpoint.id)
  const traffic = percentsOf(endpoint.properties['traffic'])
  const [first] = deployments.toSorted((left, right) => (traffic[right.name] ?? 0) - (traffic[left.name] ?? 0))
  const signature = objectOf(first?.status['signature'])
  const { inputs, outputs, inputExample } = signature
  return scoringOpenApi({
    endpoint: endpoint.name,
    deployment: first?.name,
    serverUrl: scoringBase(ctx, endpoint.id),
    inputs,
    outputs,
    inputExample,
  })
}

async function deploymentLogs(ctx: Context, deploymentId: string, tail: number): Promise<ApiReply> {
  const deployment = await ctx.resources.find(deploymentId)
  if (deployment === undefined)
    throw new AppError('ResourceNotFound', `Deployment '${deploymentId}' was not found.`, { target: deploymentId })
  const reports = await readReports(ctx.db.kysely, deploymentId)
  const log = reports.map((report) => report.log).join('\n') || (textOf(objectOf(deployment.status['failure'])['log']) ?? '')
  return ok({ content: log.split('\n').slice(-tail).join('\n') })
}

async function forgetOld(ctx: Context): Promise<void> {
  const now = ctx.clock.now().getTime()
  await sql`delete from endpoint_metrics where minute < ${new Date(now - metricsKeptDays * dayMs)}`.execute(ctx.db.kysely)
  await sql`delete from endpoint_traffic_logs where time < ${new Date(now - logsKeptDays * dayMs)}`.execute(ctx.db.kysely)
}
