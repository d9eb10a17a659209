/** What the server answered instead of the thing asked for. `status` 0 means that no answer came. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly target: string | undefined
  readonly details: readonly { code: string; message: string; target?: string }[]
  readonly requestId: string | undefined

  constructor(status: number, body: ApiErrorBody) {
    super(body.message)
    this.name = 'ApiError'
    this.status = status
    this.code = body.code
    this.target = body.target
    this.details = body.details ?? []
    this.requestId = body.requestId
  }
}

interface ApiErrorBody {
  readonly code: string
  readonly message: string
  readonly target?: string | undefined
  readonly details?: readonly { code: string; message: string; target?: string }[]
  readonly requestId?: string | undefined
}

/** One page of an ARM list. `nextLink` is an absolute or rooted URL, followed as it is. */
export interface Page<T> {
  readonly value: readonly T[]
  readonly nextLink?: string | null
}

/** The envelope every ARM resource comes in. */
export interface ArmResource<Properties> {
  readonly id: string
  readonly name: string
  readonly type?: string
  readonly location?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties: Properties
  readonly systemData?: {
    readonly createdAt?: string
    readonly createdBy?: string
    readonly lastModifiedAt?: string
    readonly lastModifiedBy?: string
  }
  readonly etag?: string
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface CallOptions {
  readonly query?: Query
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly ifMatch?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Api {
  get<T>(path: string, options?: CallOptions): Promise<T>
  put<T>(path: string, options?: CallOptions): Promise<T>
  post<T>(path: string, options?: CallOptions): Promise<T>
  patch<T>(path: string, options?: CallOptions): Promise<T>
  delete<T>(path: string, options?: CallOptions): Promise<T>
  /**
   * Reads what a log has gained.
   * @param path of the log, without query
   * @returns the bytes from `offset` on, empty when there is nothing new, and whether the log will grow no more
   */
  log(path: string, offset: number, signal?: AbortSignal): Promise<LogPart>
  /** Follows an ARM `nextLink` and keeps only its path and query, so that no link leads to another origin. */
  next<T>(nextLink: string, options?: Pick<CallOptions, 'signal'>): Promise<Page<T>>
}

export interface LogPart {
  readonly bytes: Uint8Array
  readonly isComplete: boolean
}

export const apiVersion = '2025-12-01'

/**
 * The studio's only way to the server: same origin, login cookie, CSRF header on every call.
 * @throws ApiError for every answer outside 200–299 and for a server that cannot be reached (code `ServerUnreachable`)
 */
export function createApi(fetchLike: typeof fetch): Api {
  const call = async <T>(method: string, path: string, options: CallOptions = {}): Promise<T> => {
    const response = await send(fetchLike, method, withQuery(path, options.query), options)
    const text = await response.text()
    if (!response.ok) throw toApiError(response, text)
    return (text ? parseJson(text) : undefined) as T
  }
  return {
    get: (path, options) => call('GET', path, options),
    put: (path, options) => call('PUT', path, options),
    post: (path, options) => call('POST', path, options),
    patch: (path, options) => call('PATCH', path, options),
    delete: (path, options) => call('DELETE', path, options),
    log: (path, offset, signal) => readLog(fetchLike, withQuery(path, { offset }), signal),
    next: (nextLink, options) => call('GET', localPath(nextLink), options),
  }
}

async function readLog(fetchLike: typeof fetch, path: string, signal?: AbortSignal): Promise<LogPart> {
  const response = await send(fetchLike, 'GET', path, { headers: { accept: '*/*' }, ...(signal && { signal }) })
  if (!response.ok) throw toApiError(response, await response.text())
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    isComplete: response.headers.get('x-log-complete') === 'true',
  }
}

async function send(fetchLike: typeof fetch, method: string, url: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-fulcrum-csrf': '1', ...options.headers }
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  if (options.ifMatch) headers['if-match'] = options.ifMatch
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (options.body !== undefined) init.body = JSON.stringify(options.body)
  if (options.signal) init.signal = options.signal
  try {
    return await fetchLike(url, init)
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new ApiError(0, {
      code: 'ServerUnreachable',
      message: 'The Fulcrum server does not answer. Is it running, and is this machine connected to it?',
    })
  }
}

function withQuery(path: string, query: Query = {}): string {
  const [base = '', existing] = path.split('?')
  const search = new URLSearchParams(existing)
  if (!search.has('api-version')) search.set('api-version', apiVersion)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return `${base}?${search}`
}

/** Path and query of a link; its origin is dropped. */
export function localPath(link: string): string {
  const url = new URL(link, 'http://origin.invalid')
  return url.pathname + url.search
}

function toApiError(response: Response, text: string): ApiError {
  const parsed = text ? parseJson(text) : undefined
  const error = isRecord(parsed) && isRecord(parsed['error']) ? parsed['error'] : {}
  const requestId = error['requestId'] ?? response.headers.get('x-ms-request-id') ?? undefined
  return new ApiError(response.status, {
    code: typeof error['code'] === 'string' ? error['code'] : `Http${response.status}`,
    message: typeof error['message'] === 'string' ? error['message'] : `The server answered ${response.status} without a reason.`,
    target: typeof error['target'] === 'string' ? error['target'] : undefined,
    details: Array.isArray(error['details']) ? error['details'] : [],
    requestId: typeof requestId === 'string' ? requestId : undefined,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The studio's client. */
export const api: Api = createApi((input, init) => fetch(input, init))
