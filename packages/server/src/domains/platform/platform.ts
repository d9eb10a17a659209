import { notFound, parseArmId, platformOperations, resourceTypeOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { verifyAuditChain } from '../../kernel/events/index.ts'
import { ok, route, type ApiRequest } from '../../kernel/http/index.ts'
import { findAsyncOperation, type AsyncOperation } from '../../kernel/operations/async-operations.ts'
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
      route(platformOperations.operationStatus, (request) => operationStatus(ctx, request)),
      route(platformOperations.operationResult, (request) => operationResult(ctx, request)),
      route(platformOperations.listEvents, (request) => listEvents(ctx, request)),
      route(platformOperations.verifyAudit, async () => ok(await verifyAuditChain(ctx.db.kysely))),
      route(platformOperations.streamEvents, (request) => streamEvents(ctx, request)),
    ],
  }
}

/** An operation shows what happens to its resource: whoever may not read that gets the answer for a missing operation. */
async function requireOperation(ctx: Context, { params, actor }: ApiRequest): Promise<AsyncOperation> {
  const id = params['operationId'] ?? ''
  const found = await findAsyncOperation(ctx.db.kysely, id)
  const parsed = found === undefined ? undefined : parseArmId(found.resourceId)
  const type = parsed === undefined ? undefined : resourceTypeOf(parsed)
  if (found === undefined || type === undefined) throw notFound('Operation', id)
  if (!(await ctx.authorization.allows(actor, `${type}/read`, 'control', found.resourceId))) throw notFound('Operation', id)
  return found
}

async function operationStatus(ctx: Context, request: ApiRequest) {
  const found = await requireOperation(ctx, request)
  const body = {
    id: found.id,
    name: found.id,
    status: found.status,
    startTime: found.createdAt.toISOString(),
    ...(found.endedAt === undefined ? {} : { endTime: found.endedAt.toISOString() }),
    ...(found.error === undefined ? {} : { error: found.error }),
  }
  // Without it clients ask again after 30 seconds only.
  return found.status === 'InProgress' ? ok(body, { 'retry-after': '1' }) : ok(body)
}

async function operationResult(ctx: Context, request: ApiRequest) {
  const found = await requireOperation(ctx, request)
  if (found.status === 'InProgress') return { status: 202, headers: { 'retry-after': '1' } }
  // Azure's import of an asset has no result: a client that is given one goes on to upload what it has not.
  const resource = found.kind === 'import' ? undefined : await ctx.resources.find(found.resourceId)
  return resource === undefined
    ? { status: 204 }
    : ok(presentResource(ctx.resources.kinds.require(resource.type), resource, request.origin))
}
