import type { createApp } from '@fulcrum/server'

export interface TestResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  /** The body as JSON; fails the test when it is not. */
  json<Body = Record<string, unknown>>(): Body
}

export interface TestApi {
  request(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<TestResponse>
  get(path: string): Promise<TestResponse>
  put(path: string, body: unknown, headers?: Record<string, string>): Promise<TestResponse>
  post(path: string, body?: unknown): Promise<TestResponse>
  patch(path: string, body: unknown): Promise<TestResponse>
  delete(path: string): Promise<TestResponse>
}

/** Speaks with the server by injected requests. */
export function apiOf(app: Pick<ReturnType<typeof createApp>, 'inject'>, token?: string): TestApi {
  const request: TestApi['request'] = async (method, path, { body, headers } = {}) => {
    const response = await app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        host: '127.0.0.1',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      json: () => JSON.parse(response.body),
    }
  }
  return {
    request,
    get: (path) => request('GET', path),
    put: (path, body, headers) => request('PUT', path, { body, ...(headers === undefined ? {} : { headers }) }),
    post: (path, body) => request('POST', path, body === undefined ? {} : { body }),
    patch: (path, body) => request('PATCH', path, { body }),
    delete: (path) => request('DELETE', path),
  }
}
