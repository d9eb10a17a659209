import { AppError, expandPath, nameOf, operationsOf, parseArmId, type Operation, type Resource } from '@fulcrum/contract'
import type { AuthorizationService } from '../authz/service.ts'
import type { Db } from '../db/database.ts'
import { CursorCodec } from '../http/cursor.ts'
import type { ApiReply, ApiRequest, Route } from '../http/types.ts'
import type { EventSource } from '../events/events.ts'
import { recordEndedOperation } from '../operations/async-operations.ts'
import { requireListedParent } from './list-parent.ts'
import { readListQuery } from './list-query.ts'
import { presentResource, printEtag } from './present.ts'
import type { ResourceService, WriteResult } from './service.ts'
import { listResources } from './store.ts'
import type { KindBehaviour, ResourceBody, StoredResource } from './types.ts'

export interface ResourceRouteDependencies extends EventSource {
  readonly db: Db
  readonly resources: ResourceService
  readonly authorization: AuthorizationService
  readonly cursors: CursorCodec
}

/** The routes of every registered kind: one implementation of GET, PUT, PATCH, DELETE and list. */
export function resourceRoutes(dependencies: ResourceRouteDependencies): Route[] {
  return dependencies.resources.kinds.all().flatMap((behaviour) => {
    const operations = operationsOf(behaviour.kind)
    return operations.map((operation) => ({ operation, handle: handlerOf(dependencies, behaviour, operation) }))
  })
}

function handlerOf(dependencies: ResourceRouteDependencies, behaviour: KindBehaviour, operation: Operation): Route['handle'] {
  const verb = operation.id.slice(behaviour.kind.noun.length + 1)
  switch (verb) {
    case 'list':
      return (request) => list(dependencies, behaviour, request)
    case 'get':
      return (request) => get(dependencies, behaviour, request)
    case 'createOrUpdate':
      return (request) => put(dependencies, behaviour, request)
    case 'update':
      return (request) => patch(dependencies, behaviour, request)
    default:
      return (request) => remove(dependencies, behaviour, request)
  }
}

/** The id that a request addresses, in the spelling of the kind's type. */
function idOf(behaviour: KindBehaviour, request: ApiRequest): string {
  return expandPath(request.operation.path, request.params, true).replace(/^(?!\/)/, '/')
}

/** The dialect of Azure's registry data plane, told by its api-version. */
export function isDataPlane(request: Pick<ApiRequest, 'url'>): boolean {
  return /[?&]api-version=[^&]*-dataplanepreview/i.test(request.url)
}

async function show(behaviour: KindBehaviour, resource: StoredResource, request: ApiRequest): Promise<Resource> {
  const shown = presentResource(behaviour, resource, request.origin)
  return isDataPlane(request) ? ((await behaviour.presentDataPlane?.(shown, request.origin)) ?? shown) : shown
}

async function get({ resources }: ResourceRouteDependencies, behaviour: KindBehaviour, request: ApiRequest): Promise<ApiReply> {
  const id = idOf(behaviour, request)
  const resource = (await resources.find(id)) ?? (await behaviour.standIn?.(id)) ?? (await resources.require(id))
  return { body: await show(behaviour, resource, request), headers: { etag: printEtag(resource.etag) } }
}

async function put(dependencies: ResourceRouteDependencies, behaviour: KindBehaviour, request: ApiRequest): Promise<ApiReply> {
  const result = await dependencies.resources.put(
    request.actor,
    idOf(behaviour, request),
    request.body as ResourceBody,
    writeOptions(behaviour, request),
  )
  const accepted = isDataPlane(request) && behaviour.presentDataPlane !== undefined && behaviour.kind.type.endsWith('/versions')
  const operationId = await operationOf(dependencies, request, result, accepted || behaviour.answersAsOperation === true)
  return {
    status: accepted ? 202 : result.created ? (behaviour.kind.createdStatus ?? 201) : 200,
    headers: { etag: printEtag(result.resource.etag), ...operationHeaders(request, result.resource.id, operationId) },
    body: await show(behaviour, result.resource, request),
  }
}

/** The operation that goes on, or for clients that wait for one, an operation that has ended. */
async function operationOf(
  dependencies: ResourceRouteDependencies,
  request: ApiRequest,
  { operationId, resource }: WriteResult,
  isWanted: boolean,
): Promise<string | undefined> {
  if (operationId !== undefined || !isWanted) return operationId
  return recordEndedOperation(dependencies.db.kysely, dependencies, request.actor, { resourceId: resource.id, kind: 'write' })
}

async function patch(dependencies: ResourceRouteDependencies, behaviour: KindBehaviour, request: ApiRequest): Promise<ApiReply> {
  const result = await dependencies.resources.patch(
    request.actor,
    idOf(behaviour, request),
    request.body as Partial<ResourceBody>,
    writeOptions(behaviour, request),
  )
  const operationId = await operationOf(dependencies, request, result, behaviour.answersAsOperation === true)
  return {
    status: result.operationId === undefined ? 200 : 202,
    headers: { etag: printEtag(result.resource.etag), ...operationHeaders(request, result.resource.id, operationId) },
    body: presentResource(behaviour, result.resource, request.origin),
  }
}

async function remove(
  { resources }: ResourceRouteDependencies,
  behaviour: KindBehaviour,
  request: ApiRequest,
): Promise<ApiReply> {
  const id = idOf(behaviour, request)
  const result = await resources.delete(request.actor, id, writeOptions(behaviour, request))
  if (result === undefined) return { status: 204 }
  if (result.operationId === undefined) return { status: 200 }
  return { status: 202, headers: operationHeaders(request, id, result.operationId) }
}

async function list(dependencies: ResourceRouteDependencies, behaviour: KindBehaviour, request: ApiRequest): Promise<ApiReply> {
  const query = request.query as Record<string, unknown>
  const { pageSize: limit, ...wanted } = readListQuery(behaviour.kind, query)
  if (typeof query['$filter'] === 'string')
    throw new AppError('InvalidFilter', `$filter is not supported on ${request.operation.id}.`, { target: '$filter' })
  const parentId = behaviour.kind.placement === 'extension' ? undefined : request.scope
  const binding = `${request.actor.id} ${request.operation.id} ${request.scope.toLowerCase()}`
  const token = query['$skipToken']
  const after = typeof token === 'string' ? (dependencies.cursors.decode(binding, token) as number) : undefined
  const scopes = await dependencies.authorization.allowedScopes(request.actor, request.operation.action, request.operation.plane)
  const resources = await listResources(dependencies.db.kysely, {
    type: behaviour.kind.type,
    ...(parentId === undefined ? { withinId: request.scope } : { parentId }),
    scopes,
    ...wanted,
    limit: limit + 1,
    // What was skipped on the first page lies before the token of the next one.
    ...(after === undefined ? {} : { after, skip: 0 }),
  })
  if (resources.length === 0) {
    const standIn = await standInBelow(dependencies, behaviour, request)
    if (standIn !== undefined) return { body: { value: [await show(behaviour, standIn, request)], nextLink: null } }
    await requireListedParent(dependencies, { behaviour, request, scopes })
  }
  const page = resources.slice(0, limit)
  const last = page.at(-1)
  const nextLink =
    resources.length > limit && last !== undefined
      ? nextLinkOf(request, dependencies.cursors.encode(binding, last.createdSequence))
      : null
  return { body: { value: await Promise.all(page.map((resource) => show(behaviour, resource, request))), nextLink } }
}

/** The one item that comes with the platform, below a parent that is not stored. */
async function standInBelow(
  { resources, authorization }: ResourceRouteDependencies,
  behaviour: KindBehaviour,
  { actor, operation, scope }: ApiRequest,
): Promise<StoredResource | undefined> {
  if (behaviour.standIn === undefined || (await resources.find(scope)) !== undefined) return undefined
  if (!(await authorization.allows(actor, operation.action, operation.plane, scope))) return undefined
  return behaviour.standIn(`${scope}/${nameOf(behaviour.kind.type)}/1`)
}

function nextLinkOf(request: ApiRequest, token: string): string {
  const url = new URL(request.url, request.origin)
  url.searchParams.set('$skipToken', token)
  return url.toString()
}

function writeOptions(behaviour: KindBehaviour, request: ApiRequest) {
  return {
    type: behaviour.kind.type,
    ifMatch: request.headers['if-match'],
    ifNoneMatch: request.headers['if-none-match'],
    requestId: request.id,
  }
}

/** What long-running clients poll. */
export function operationHeaders(
  request: ApiRequest,
  resourceId: string,
  operationId: string | undefined,
): Record<string, string> {
  if (operationId === undefined) return {}
  const subscription = parseArmId(resourceId)?.subscriptionId ?? ''
  const base = `${request.origin}/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/local`
  return {
    'azure-asyncoperation': `${base}/operationsStatus/${operationId}?api-version=2025-12-01`,
    location: `${base}/operationResults/${operationId}?api-version=2025-12-01`,
    'retry-after': '1',
  }
}
