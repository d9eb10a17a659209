import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { RootKey } from '../kernel/secrets/index.ts'
import { answerOf, overflow, refusal, type Answer } from './answers.ts'
import { isSampled, type InferenceCollector } from './collector.ts'
import { matchesKey, verifyEndpointToken } from './credentials.ts'
import type { GatewayMetrics } from './metrics.ts'
import { scoringOpenApi } from './open-api.ts'
import type { DeploymentPool, PoolAnswer } from './pool.ts'
import { prometheusText } from './prometheus.ts'
import { readBody } from './read-body.ts'
import { idHeaders, readRequestIds, type RequestIds } from './request-ids.ts'
import type { LiveEndpoint, Routing } from './routing.ts'
import type { TrafficLog } from './traffic-log.ts'
import type { WorkerRequest } from './worker.ts'
import { bodyLimitBytes } from './worker-command.ts'

export interface HandlerOptions {
  readonly routing: Routing
  readonly metrics: GatewayMetrics
  readonly collector: InferenceCollector
  readonly trafficLog: TrafficLog
  readonly rootKey: RootKey
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Logger
  /** True when the bearer may score on the endpoint by its roles; for endpoints with AADToken. */
  readonly authorizeBearer: (token: string, endpointId: string) => Promise<boolean>
}

/** Copies that wait for a shadow at most; more are dropped and counted. */
const mirrorLimit = 64
const prefix = '/endpoints/'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

interface Target {
  readonly endpoint: LiveEndpoint
  /** Path below the endpoint's base, with its slash. */
  readonly path: string
  readonly query: string
}

/** Answers every request of the gateway: route, authenticate, pick, admit, read the body, dispatch, reply. */
export class GatewayHandler {
  readonly #options: HandlerOptions

  constructor(options: HandlerOptions) {
    this.#options = options
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#handle(request, response).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'A scoring request failed in the gateway')
      if (!response.headersSent) send(response, refusal(500, 'InternalServerError', 'The gateway could not handle the request.'))
      else response.destroy()
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { routing, metrics, ids } = this.#options
    const url = request.url ?? '/'
    if (url === '/health') return send(response, json(200, { status: 'ok', generation: routing.generation }))
    if (url === '/metrics')
      return send(response, {
        ...json(200, null),
        headers: { 'content-type': 'text/plain; version=0.0.4' },
        body: Buffer.from(prometheusText(metrics)),
      })
    const requestIds = readRequestIds(request.headers, ids)
    if (typeof requestIds === 'string')
      return send(
        response,
        refusal(431, 'RequestHeaderFieldsTooLarge', `The header ${requestIds} is longer than 100 characters.`),
      )
    const target = this.#route(url)
    const answer =
      target === undefined
        ? refusal(404, 'ResourceNotFound', 'There is no endpoint at this path.')
        : await this.#answer({ request, response }, target, requestIds)
    send(response, { ...answer, headers: { ...answer.headers, ...idHeaders(requestIds) } })
  }

  #route(url: string): Target | undefined {
    if (!url.startsWith(prefix)) return undefined
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    let end = prefix.length
    for (let part = 0; part < 3; part += 1) {
      const slash = path.indexOf('/', end)
      end = slash < 0 ? path.length : slash
      if (part < 2) end += 1
    }
    const key = path.slice(prefix.length, end)
    const endpoint = this.#options.routing.find(key.includes('%') ? decode(key) : key.toLowerCase())
    return endpoint === undefined
      ? undefined
      : { endpoint, path: path.slice(end) || '/', query: mark < 0 ? '' : url.slice(mark + 1) }
  }

  async #answer(exchange: Exchange, target: Target, ids: RequestIds): Promise<Answer> {
    const { request } = exchange
    const { path, endpoint } = target
    if (path === '/')
      return request.method === 'GET'
        ? { ...json(200, null), headers: { 'content-type': 'text/plain' }, body: Buffer.from('Healthy') }
        : methodNotAllowed('GET')
    if (request.method === 'OPTIONS' && path === '/score')
      return { status: 200, headers: { allow: 'GET, POST, OPTIONS' }, body: Buffer.alloc(0), modelStatus: null, reason: null }
    if (!(await this.#isAllowed(request, endpoint))) {
      return refusal(401, 'Unauthorized', 'Send a key or token of this endpoint as `Authorization: Bearer <key>`.', {
        'www-authenticate': 'Bearer',
      })
    }
    if (path === '/swagger.json') return request.method === 'GET' ? this.#describe(request, endpoint) : methodNotAllowed('GET')
    if (path !== '/score' && path !== '/invocations')
      return refusal(404, 'ResourceNotFound', `There is nothing at '${path}'; score with POST /score.`)
    if (request.method !== 'POST' && request.method !== 'GET') return methodNotAllowed('GET, POST, OPTIONS')
    return this.#score(exchange, target, ids)
  }

  async #isAllowed(request: IncomingMessage, endpoint: LiveEndpoint): Promise<boolean> {
    const header = request.headers.authorization
    if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return false
    const token = header.slice(7).trim()
    const { route } = endpoint
    if (route.authMode === 'Key' && matchesKey(token, route.keyHashes)) return true
    if (
      token.startsWith('ey') &&
      verifyEndpointToken(this.#options.rootKey, token, { endpointId: route.id, now: this.#options.clock.now() })
    )
      return true
    return route.authMode === 'AADToken' && (await this.#options.authorizeBearer(token, route.id))
  }

  #describe(request: IncomingMessage, endpoint: LiveEndpoint): Answer {
    const [name] = Object.entries(endpoint.route.traffic).toSorted((left, right) => right[1] - left[1])[0] ?? []
    const deployment = name ?? endpoint.route.deployments[0]?.name
    const report = deployment === undefined ? undefined : endpoint.pools.get(deployment)?.report()
    const document = scoringOpenApi({
      endpoint: endpoint.route.name,
      deployment,
      serverUrl: `http://${request.headers.host ?? 'localhost'}${prefix}${endpoint.route.path}`,
      inputs: report?.inputs,
      outputs: report?.outputs,
      inputExample: report?.inputExample,
    })
    return json(200, document)
  }

  async #score({ request, response }: Exchange, target: Target, ids: RequestIds): Promise<Answer> {
    const { endpoint } = target
    const pinned = request.headers['azureml-model-deployment']
    const name = typeof pinned === 'string' && pinned !== '' ? pinned : endpoint.split.pick()
    if (name === undefined)
      return refusal(
        404,
        'ResourceNotFound',
        'No deployment of this endpoint takes traffic. Set traffic, or name a deployment in the header azureml-model-deployment.',
      )
    if (!endpoint.route.deployments.some((plan) => plan.name === name))
      return refusal(404, 'ResourceNotFound', `The endpoint has no deployment '${name}'.`)
    const pool = endpoint.pools.get(name)
    if (pool === undefined || pool.state === 'failed') {
      return this.#observe(request, {
        endpoint,
        name,
        ids,
        startedAt: performance.now(),
        answer: refusal(503, 'model_not_ready', `Deployment '${name}' is not ready.`, {
          'retry-after': '1',
          'ms-azureml-model-error-reason': 'model_not_ready',
          'azureml-model-deployment': name,
        }),
      })
    }
    const startedAt = performance.now()
    const context = { endpoint, name, ids, startedAt, pool }
    if (!pool.enter()) return this.#observe(request, { ...context, answer: overflow(pool.plan) })
    try {
      const body = await readBody(request, bodyLimitBytes)
      if (typeof body === 'string') {
        const answer =
          body === 'aborted'
            ? refusal(499, 'ClientClosedRequest', '')
            : refusal(413, 'PayloadTooLarge', `The body is larger than ${bodyLimitBytes} bytes.`, { connection: 'close' })
        return this.#observe(request, { ...context, answer })
      }
      const workerRequest = workerRequestOf(request, target, { ids, pool, body })
      const scoring = pool.score(workerRequest, closeSignal(response))
      if (typeof pinned !== 'string' || pinned === '') this.#mirror(request, target, workerRequest)
      const scored = await scoring
      const answer = answerOf(pool.plan, scored)
      this.#collectPayloads(context, workerRequest, answer)
      return this.#observe(request, { ...context, answer, scored, requestBytes: body.length })
    } finally {
      pool.leave()
    }
  }

  /** Sends a copy to the shadow; its answer is dropped, its figures are kept. Never waits and never touches the primary. */
  #mirror(request: IncomingMessage, target: Target, original: WorkerRequest): void {
    const { endpoint } = target
    const name = endpoint.mirror.pick()
    const pool = name === undefined ? undefined : endpoint.pools.get(name)
    if (name === undefined || pool === undefined || pool.state !== 'ready') return
    const ids: RequestIds = {
      requestId: original.requestId,
      correlationId: original.correlationId,
      clientRequestId: undefined,
      legacyRequestId: undefined,
      traceparent: undefined,
    }
    const context = { endpoint, name, ids, startedAt: performance.now(), pool, mirrored: true }
    if (!pool.enter(mirrorLimit)) {
      this.#observe(request, { ...context, answer: overflow(pool.plan) })
      return
    }
    const copy = { ...original, collect: collects(pool, original.correlationId) }
    void pool.score(copy).then((scored) => {
      pool.leave()
      const answer = answerOf(pool.plan, scored)
      this.#collectPayloads(context, copy, answer)
      this.#observe(request, { ...context, answer, scored, requestBytes: original.body.length })
    })
  }

  /** The collections `request` and `response`: the HTTP payloads, when they are JSON. */
  #collectPayloads(context: { endpoint: LiveEndpoint; pool: DeploymentPool }, request: WorkerRequest, answer: Answer): void {
    const { plan } = context.pool
    const payloads = [
      ['request', request.body],
      ['response', answer.body],
    ] as const
    for (const [collection, payload] of payloads) {
      const settings = plan.collections[collection]
      if (settings === undefined || !isSampled(request.correlationId, settings.samplingRate)) continue
      this.#options.collector.add({
        workspaceId: context.endpoint.route.workspaceId,
        endpoint: context.endpoint.route.name,
        deployment: plan.name,
        source: plan.id,
        collection,
        correlationId: request.correlationId,
        requestId: request.requestId,
        modelVersion: plan.modelVersion,
        data: asJson(payload),
        rows: 1,
      })
    }
  }

  #observe(
    request: IncomingMessage,
    seen: {
      endpoint: LiveEndpoint
      name: string
      ids: RequestIds
      startedAt: number
      answer: Answer
      pool?: DeploymentPool
      scored?: PoolAnswer
      requestBytes?: number
      mirrored?: boolean
    },
  ): Answer {
    const { endpoint, name, ids, answer, pool, scored } = seen
    const totalMs = performance.now() - seen.startedAt
    const mirrored = seen.mirrored === true
    this.#options.metrics.observe({
      endpointId: endpoint.route.id,
      deployment: name,
      status: answer.status,
      latencyMs: totalMs,
      inFlight: pool?.inFlight ?? 0,
      capacity: pool?.capacity ?? 0,
      mirrored,
    })
    this.#options.trafficLog.add({
      endpointId: endpoint.route.id,
      deployment: name,
      time: this.#options.clock.now(),
      method: request.method ?? '',
      path: request.url ?? '',
      responseCode: answer.status,
      modelStatusCode: answer.modelStatus,
      reason: answer.reason,
      requestBytes: seen.requestBytes ?? 0,
      responseBytes: answer.body.length,
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 70),
      requestId: ids.requestId,
      clientRequestId: ids.clientRequestId ?? null,
      totalMs,
      queueMs: scored?.queueMs ?? 0,
      inferMs: scored?.inferMs ?? 0,
      mirrored,
    })
    return answer
  }
}

const hidden = new Set(['authorization', 'connection', 'host', 'cookie'])

function workerRequestOf(
  request: IncomingMessage,
  target: Target,
  entry: { ids: RequestIds; pool: DeploymentPool; body: Buffer },
): WorkerRequest {
  const { ids, pool, body } = entry
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (!hidden.has(name) && value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return {
    method: request.method ?? 'POST',
    path: target.path,
    query: target.query,
    headers: { ...headers, 'x-request-id': ids.requestId },
    requestId: ids.requestId,
    correlationId: ids.correlationId,
    collect: collects(pool, ids.correlationId),
    body,
  }
}

/** True when the worker shall collect rows of this request. */
function collects(pool: DeploymentPool, correlationId: string): boolean {
  return Object.values(pool.plan.collections).some((settings) => isSampled(correlationId, settings.samplingRate))
}

/** Aborted when the client is gone before it was answered. */
function closeSignal(response: ServerResponse): AbortSignal {
  const abort = new AbortController()
  response.once('close', () => {
    if (!response.writableEnded) abort.abort()
  })
  return abort.signal
}

function asJson(payload: Buffer): string {
  const text = payload.toString('utf8')
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return JSON.stringify(text)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text).toLowerCase()
  } catch {
    return text.toLowerCase()
  }
}

function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
    modelStatus: null,
    reason: null,
  }
}

function methodNotAllowed(allow: string): Answer {
  return refusal(405, 'MethodNotAllowed', `Use ${allow}.`, { allow })
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed || response.writableEnded) return
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
  response.end(answer.body)
}
