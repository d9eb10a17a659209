import { AppError, expandPath, invalid, type Operation } from '@fulcrum/contract'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Actor } from '../auth/actor.ts'
import type { Ids } from '../ids.ts'
import { authorizeOperation, scopeOfRequest, type Authorizer } from './authorize.ts'
import { readJson } from './body.ts'
import { fromFrameworkError, renderArmError, toAppError, type ErrorRenderers } from './errors.ts'
import { addressesOf, type Address } from './expand.ts'
import { canonicalUrl } from './canonical-url.ts'
import { checkOrigin, securityHeaders } from './guard.ts'
import type { ApiReply, ApiRequest, Route } from './types.ts'

export interface HttpServerOptions {
  readonly routes: readonly Route[]
  /** Operations that must be served; one without a route stops the start. */
  readonly operations: readonly Operation[]
  readonly authorizer: Authorizer
  /** Finds the actor of a request; `undefined` when it carries no credential. @throws InvalidAuthenticationToken */
  readonly authenticate: (request: FastifyRequest) => Promise<Actor | undefined>
  /** Writes the denial into the audit log. */
  readonly onDenied: (actor: Actor, operation: Operation, scope: string, error: AppError, requestId: string) => Promise<void>
  readonly renderers: ErrorRenderers
  /** Asked in turn about a request that no operation answers; the first reply wins (studio pages, dialects' own 404). */
  readonly unrouted: readonly UnroutedHandler[]
  readonly allowedHosts: readonly string[]
  readonly ids: Ids
  readonly log: Logger
}

export type UnroutedHandler = (request: FastifyRequest) => ApiReply | undefined

/** The API's HTTP server: one pipeline for every operation; a route without an operation does not exist. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  refuseGaps(options)
  const server = Fastify({
    logger: false,
    genReqId: () => options.ids.uuid(),
    routerOptions: { caseSensitive: false, maxParamLength: 1_000, ignoreTrailingSlash: true },
    keepAliveTimeout: 76_000,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = '/' }) => canonicalUrl(url),
    frameworkErrors: (error, request, reply) =>
      sendError(options, { request, reply, error: fromFrameworkError(error.statusCode ?? 400, error.message) }),
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-ms-request-id', request.id)
    for (const [name, value] of Object.entries(securityHeaders)) reply.header(name, value)
    checkOrigin(request, options.allowedHosts)
  })
  server.setErrorHandler((error, request, reply) => {
    const status = error instanceof AppError ? undefined : (error as { statusCode?: number }).statusCode
    const known =
      status !== undefined && status >= 400 && status < 500 ? fromFrameworkError(status, (error as Error).message) : error
    return sendError(options, { request, reply, error: known })
  })
  server.setNotFoundHandler((request, reply) => {
    for (const handler of options.unrouted) {
      const answer = handler(request)
      if (answer !== undefined) return send(reply, answer)
    }
    return sendError(options, { request, reply, error: unknownOperation(options.operations, request) })
  })
  for (const route of options.routes)
    for (const address of addressesOf(route.operation)) addRoute(server, options, route, address)
  return server
}

function addRoute(server: FastifyInstance, options: HttpServerOptions, route: Route, address: Address): void {
  const { operation } = route
  server.route({
    method: operation.method,
    url: address.url,
    errorHandler: (error, request, reply) => sendError(options, { request, reply, error, operation }),
    handler: async (request, reply) => {
      const params = paramsOf(request, address)
      const scope = scopeOfRequest(operation, params)
      const actor = await identify(options, operation, request)
      try {
        await authorizeOperation(options.authorizer, actor, operation, scope)
      } catch (error) {
        if (error instanceof AppError) await options.onDenied(actor, operation, scope, error, request.id)
        throw error
      }
      const answer = await route.handle(await parse(operation, { request, params, scope, actor }))
      return send(reply, answer)
    },
  })
}

async function identify(options: HttpServerOptions, operation: Operation, request: FastifyRequest): Promise<Actor> {
  if (operation.action === 'public') return anonymous
  const actor = await options.authenticate(request)
  if (actor === undefined) {
    throw new AppError(
      'InvalidAuthenticationToken',
      'No access token was sent. Send it as `Authorization: Bearer <token>`; `fulcrum login` creates one.',
    )
  }
  if (actor.viaCookie === true && operation.method !== 'GET' && operation.method !== 'HEAD') refuseForgery(request)
  return actor
}

/** Cookie sessions must prove that the request came from our own pages. */
function refuseForgery(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  const sameOrigin =
    (site === undefined || site === 'same-origin') && (origin === undefined || new URL(origin).host === request.headers.host)
  if (request.headers['x-fulcrum-csrf'] === undefined || !sameOrigin) {
    throw new AppError(
      'CsrfRejected',
      'A request with a session cookie needs the header x-fulcrum-csrf and must come from the studio itself.',
    )
  }
}

const anonymous: Actor = { id: 'anonymous', name: 'anonymous', kind: 'System', groups: [] }

function paramsOf(request: FastifyRequest, address: Address): Record<string, string> {
  const params = { ...(request.params as Record<string, string>) }
  const rest = /\{(\w+)\*\}$/.exec(address.path)?.[1]
  if (rest !== undefined) params[rest] = params['*'] ?? ''
  if (address.scopeTemplate !== undefined) params['scope'] = expandPath(address.scopeTemplate, params, true).slice(1)
  for (const [name, value] of Object.entries(params)) {
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f]/.test(value) || (name !== 'scope' && name !== rest && name !== '*' && value.includes('/'))) {
      throw new AppError('InvalidPath', `The path parameter '${name}' contains a character that is not allowed.`, {
        target: name,
      })
    }
  }
  return params
}

async function parse(
  operation: Operation,
  input: { request: FastifyRequest; params: Record<string, string>; scope: string; actor: Actor },
): Promise<ApiRequest> {
  const { request, params, scope, actor } = input
  const abort = new AbortController()
  request.raw.once('close', () => {
    if (!request.raw.complete) abort.abort()
  })
  const body = operation.bodyKind === 'stream' ? undefined : await readJson(request.raw, operation.bodyLimitBytes)
  return {
    id: request.id,
    actor,
    operation,
    params,
    scope,
    query: operation.query === undefined ? request.query : validate(operation.query, request.query ?? {}, 'query'),
    body: operation.body === undefined ? body : validate(operation.body, body ?? {}, 'body'),
    stream: request.raw,
    headers: request.headers,
    url: request.url,
    origin: `${request.protocol}://${request.headers.host ?? 'localhost'}`,
    signal: abort.signal,
  }
}

function validate(schema: NonNullable<Operation['body']>, value: unknown, where: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const details = result.error.issues.slice(0, 20).map((issue) => ({
    code: 'InvalidValue',
    message: issue.message,
    target: [where, ...issue.path.map(String)].join('.'),
  }))
  throw invalid(`${details[0]?.target}: ${details[0]?.message}`, { target: details[0]?.target ?? where, details })
}

function send(reply: FastifyReply, answer: ApiReply): FastifyReply {
  reply.code(answer.status ?? (answer.body === undefined && answer.raw === undefined ? 204 : 200))
  for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value)
  if (answer.raw !== undefined) return reply.send(answer.raw)
  if (answer.body === undefined) return reply.send()
  if (reply.getHeader('content-type') === undefined) reply.header('content-type', 'application/json; charset=utf-8')
  return reply.serializer((payload: unknown) => String(payload)).send(JSON.stringify(answer.body))
}

function sendError(
  options: HttpServerOptions,
  failure: { request: FastifyRequest; reply: FastifyReply; error: unknown; operation?: Operation },
): FastifyReply {
  const { request, reply, operation } = failure
  const error = toAppError(failure.error)
  const entry = { requestId: request.id, operation: operation?.id, code: error.code, url: request.url.split('?')[0] }
  // A client that went away is not a fault of ours.
  const isGone = request.raw.destroyed || reply.raw.destroyed
  if (error.status >= 500 && !isGone) options.log.error({ ...entry, err: error.cause ?? error }, error.message)
  else options.log.debug(entry, error.message)
  if (error.status === 401) reply.header('www-authenticate', operation?.dialect === 'mlflow' ? 'Basic realm="mlflow"' : 'Bearer')
  const renderer = options.renderers[operation?.dialect ?? 'arm'] ?? renderArmError
  return send(reply, renderer(error, request.id))
}

/** 404 with the methods that the path does answer, if any. */
function unknownOperation(operations: readonly Operation[], request: FastifyRequest): AppError {
  const path = request.url.split('?')[0] ?? ''
  const pattern = (template: string) =>
    new RegExp(
      `^${template
        .replace(/\{scope\*\}/, '.+')
        .replace(/\{\w+\*\}/g, '.*')
        .replace(/\{\w+\}/g, '[^/]+')}/?$`,
      'i',
    )
  const methods = [
    ...new Set(operations.filter((operation) => pattern(operation.path).test(path)).map((operation) => operation.method)),
  ]
  return methods.length === 0
    ? new AppError('OperationNotFound', `No operation answers ${request.method} ${path}. GET /openapi.json lists all of them.`)
    : new AppError('MethodNotAllowed', `${path} does not answer ${request.method}; it answers ${methods.join(', ')}.`)
}

/** Every operation has exactly one handler, and no handler is without an operation. */
function refuseGaps(options: HttpServerOptions): void {
  const served = new Map<string, number>()
  for (const { operation } of options.routes) served.set(operation.id, (served.get(operation.id) ?? 0) + 1)
  const problems = [
    ...options.operations
      .filter((operation) => !served.has(operation.id))
      .map((operation) => `operation '${operation.id}' has no handler`),
    ...[...served].filter(([, count]) => count > 1).map(([id]) => `operation '${id}' has several handlers`),
    ...[...served.keys()]
      .filter((id) => !options.operations.some((operation) => operation.id === id))
      .map((id) => `handler '${id}' has no operation`),
    ...options.operations
      .filter((operation) => operation.action === '')
      .map((operation) => `operation '${operation.id}' names no permission`),
  ]
  if (problems.length > 0) throw new Error(`The operation table is not complete:\n  ${problems.join('\n  ')}`)
}
