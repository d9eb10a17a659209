import { parseJson, rebuildError } from './errors.ts'
import type { Answer, CallOptions, Client, ClientOptions } from './types.ts'

const apiVersion = '2025-12-01'

export interface Transport {
  /** The path and query of a link in an answer. */
  absolute(link: string): string
  readonly fetch: Client['fetch']
  readonly request: Client['request']
}

export function createTransport(options: ClientOptions): Transport {
  const base = options.baseUrl.replace(/\/+$/, '')
  const doFetch = options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => globalThis.fetch(input, init))

  /** Links in answers are followed on our own base address, so that a token never leaves for another host. */
  const absolute = (link: string): string => {
    const url = new URL(link, `${base}/`)
    return `${url.pathname}${url.search}`
  }

  const fetchOnce: Client['fetch'] = async (method, path, callOptions = {}) => {
    const headers: Record<string, string> = { accept: 'application/json', ...callOptions.headers }
    // A signed address opens by its signature alone; a token beside it would win over it.
    const isSigned = callOptions.query?.['sig'] !== undefined
    if (options.token !== undefined && headers['authorization'] === undefined && !isSigned)
      headers['authorization'] = `Bearer ${options.token}`
    const response = await doFetch(addressOf(base, path, callOptions.query), {
      method,
      headers,
      ...(callOptions.body === undefined ? {} : { body: callOptions.body }),
      // Without it a body that is a stream is refused, by the standard of fetch.
      ...(callOptions.body instanceof ReadableStream ? { duplex: 'half' } : {}),
      ...(callOptions.signal === undefined ? {} : { signal: callOptions.signal }),
    })
    if (response.ok) return response
    throw rebuildError(response.status, await response.text())
  }

  const request = async <Body>(
    method: string,
    path: string,
    callOptions: CallOptions & { body?: unknown } = {},
  ): Promise<Answer<Body>> => {
    const { body, ...rest } = callOptions
    const response = await fetchOnce(method, path, {
      ...rest,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...rest.headers } }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: (parseJson(text) ?? text) as Body }
  }
  return { absolute, fetch: fetchOnce, request }
}

function addressOf(base: string, path: string, query: CallOptions['query']): string {
  const url = new URL(`${base}${path.startsWith('/') ? path : `/${path}`}`)
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
  if (url.pathname.toLowerCase().startsWith('/subscriptions') && !url.searchParams.has('api-version'))
    url.searchParams.set('api-version', apiVersion)
  return url.href
}
