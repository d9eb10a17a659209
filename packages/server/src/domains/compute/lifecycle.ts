import { AppError, computeOperations, notFound } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { recordEndedOperation } from '../../kernel/operations/async-operations.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { operationHeaders } from '../../kernel/resources/routes.ts'
import { openSecrets } from './compute-secrets.ts'
import { nodesOf } from './nodes.ts'
import { computeResourceType } from './resolve-compute.ts'

export function lifecycleRoutes(ctx: Context): Route[] {
  return [
    route(computeOperations.start, (request) => switchState(ctx, request, 'Running')),
    route(computeOperations.stop, (request) => switchState(ctx, request, 'Stopped')),
    route(computeOperations.restart, (request) => switchState(ctx, request, 'Running')),
    route(computeOperations.listNodes, async ({ scope }) =>
      ok({ nodes: await nodesOf(ctx.db.kysely, (await requireCompute(ctx, scope)).id), nextLink: null }),
    ),
    route(computeOperations.listKeys, async ({ scope }) => {
      const compute = await requireCompute(ctx, scope)
      return ok({ computeType: compute.properties['computeType'], ...openSecrets(ctx, compute) })
    }),
  ]
}

/** Jobs of a compute instance that is stopped wait; what runs goes on to its end. Answers 202 as Azure's clients insist. */
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
    // What waits for it is to be looked at now.
    await sql`select pg_notify('steps', '')`.execute(tx)
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

async function requireCompute(ctx: Context, id: string): Promise<StoredResource> {
  const compute = await ctx.resources.find(id)
  if (compute === undefined || compute.type.toLowerCase() !== computeResourceType.toLowerCase()) throw notFound('Compute', id)
  return compute
}
