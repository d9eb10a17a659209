import { AppError, computeOperations, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { recordEndedOperation } from '../../kernel/operations/async-operations.ts'
import { listResources, type StoredResource } from '../../kernel/resources/index.ts'
import { operationHeaders } from '../../kernel/resources/routes.ts'
import { openSecrets } from './compute-secrets.ts'
import { computeResourceType, runnableComputeTypes, slotsOf } from './resolve-compute.ts'

const jobResourceType = 'Microsoft.MachineLearningServices/workspaces/jobs'

export function lifecycleRoutes(ctx: Context): Route[] {
  return [
    route(computeOperations.start, (request) => switchState(ctx, request, 'Running')),
    route(computeOperations.stop, (request) => switchState(ctx, request, 'Stopped')),
    route(computeOperations.restart, (request) => switchState(ctx, request, 'Running')),
    route(computeOperations.listNodes, async ({ scope }) =>
      ok({ nodes: await nodesOf(ctx, await requireCompute(ctx, scope)), nextLink: null }),
    ),
    route(computeOperations.listKeys, async ({ scope }) => {
      const compute = await requireCompute(ctx, scope)
      return ok({ computeType: compute.properties['computeType'], ...openSecrets(ctx, compute) })
    }),
  ]
}

/** Compute instances are kept and switched, though nothing runs on them here. Answers 202 as Azure's clients insist. */
async function switchState(ctx: Context, request: ApiRequest, state: 'Running' | 'Stopped'): Promise<ApiReply> {
  const compute = await requireCompute(ctx, request.scope)
  const type = String(compute.properties['computeType'])
  if (type.toLowerCase() !== 'computeinstance')
    throw new AppError('NotSupported', `A compute of type ${type} is not started and stopped; only compute instances are.`, {
      target: compute.id,
    })
  const verb = request.operation.id.split('.')[1] ?? ''
  const operationId = await ctx.db.transaction(async (tx) => {
    await ctx.resources.updateStatus(tx, compute.id, { state })
    await appendEvent(
      tx,
      ctx,
      request.actor,
      { type: `computes.${verb}`, subject: compute.id, action: request.operation.action, data: { state } },
      request.id,
    )
    return recordEndedOperation(tx, ctx, request.actor, { resourceId: compute.id, kind: verb })
  })
  return { status: 202, headers: operationHeaders(request, compute.id, operationId) }
}

/** One node per job that may run at once; a node is this host. */
async function nodesOf(ctx: Context, compute: StoredResource) {
  if (!runnableComputeTypes.includes(String(compute.properties['computeType']).toLowerCase())) return []
  const workspaceId = compute.id.slice(0, compute.id.toLowerCase().lastIndexOf('/computes/'))
  const running = await listResources(ctx.db.kysely, {
    type: jobResourceType,
    parentId: workspaceId,
    limit: 1_000,
    matching: [
      { path: ['status'], anyOf: ['Running'] },
      { path: ['computeId'], anyOf: [compute.id, compute.name, `azureml:${compute.name}`] },
    ],
  })
  const slots = Math.min(slotsOf(compute.properties) ?? ctx.config.engine.maxConcurrentJobs, ctx.config.engine.maxConcurrentJobs)
  return Array.from({ length: Math.max(slots, running.length) }, (_, index) => ({
    nodeId: `${compute.name}-${index}`,
    privateIpAddress: '127.0.0.1',
    port: 0,
    nodeState: running[index] === undefined ? 'idle' : 'running',
    ...(running[index] === undefined ? {} : { runId: running[index].name }),
  }))
}

async function requireCompute(ctx: Context, id: string): Promise<StoredResource> {
  const compute = await ctx.resources.find(id)
  if (compute === undefined || compute.type.toLowerCase() !== computeResourceType.toLowerCase()) throw notFound('Compute', id)
  return compute
}
