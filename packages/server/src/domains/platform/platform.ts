import { notFound, platformOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { verifyAuditChain } from '../../kernel/events/index.ts'
import { ok, route } from '../../kernel/http/index.ts'
import { findAsyncOperation } from '../../kernel/operations/async-operations.ts'
import { presentResource } from '../../kernel/resources/index.ts'
import { listEvents } from './list-events.ts'
import { openApiDocument, serverVersion } from './openapi.ts'
import { streamEvents } from './stream-events.ts'

/** Liveness, the description of the API, long-running operations, activity. */
export function platformDomain(ctx: Context): DomainModule {
  return {
    name: 'platform',
    routes: [
      route(platformOperations.health, async () => ok({ status: 'ok', version: serverVersion })),
      route(platformOperations.openApi, async () => ok(openApiDocument(serverVersion))),
      route(platformOperations.operationStatus, async ({ params }) =>
        ok(await operationStatus(ctx, params['operationId'] ?? '')),
      ),
      route(platformOperations.operationResult, async ({ params }) => operationResult(ctx, params['operationId'] ?? '')),
      route(platformOperations.listEvents, (request) => listEvents(ctx, request)),
      route(platformOperations.verifyAudit, async () => ok(await verifyAuditChain(ctx.db.kysely))),
      route(platformOperations.streamEvents, (request) => streamEvents(ctx, request)),
    ],
  }
}

async function operationStatus(ctx: Context, id: string) {
  const found = await findAsyncOperation(ctx.db.kysely, id)
  if (found === undefined) throw notFound('Operation', id)
  return {
    id: found.id,
    name: found.id,
    status: found.status,
    startTime: found.createdAt.toISOString(),
    ...(found.endedAt === undefined ? {} : { endTime: found.endedAt.toISOString() }),
    ...(found.error === undefined ? {} : { error: found.error }),
  }
}

async function operationResult(ctx: Context, id: string) {
  const found = await findAsyncOperation(ctx.db.kysely, id)
  if (found === undefined) throw notFound('Operation', id)
  if (found.status === 'InProgress') return { status: 202, headers: { 'retry-after': '1' } }
  const resource = await ctx.resources.find(found.resourceId)
  return resource === undefined ? { status: 204 } : ok(presentResource(ctx.resources.kinds.require(resource.type), resource))
}
