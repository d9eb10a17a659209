import { expandPath } from '@fulcrum/contract'
import { readEventStream } from './event-stream.ts'
import { createTransport } from './transport.ts'
import type { Answer, CallOptions, Client, ClientOptions } from './types.ts'
import { createWait, ignoreMissing, sleep } from './wait.ts'

export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options)
  const { request, absolute } = transport
  const delay = options.delay ?? sleep
  const wait = createWait(transport, delay, options.pollIntervalMs ?? 500)

  async function* list<Item>(path: string, listOptions: CallOptions = {}): AsyncGenerator<Item, void, undefined> {
    // The link to a further page holds the whole query already.
    let { query, ...rest } = listOptions
    let next: string | undefined = path
    while (next !== undefined) {
      const { body }: Answer<{ value?: Item[]; nextLink?: string | null }> = await request('GET', next, { ...rest, query })
      yield* body.value ?? []
      next = body.nextLink ? absolute(body.nextLink) : undefined
      query = {}
    }
  }

  const send: Client['send'] = (operation, input = {}) =>
    request(operation.method, expandPath(operation.path, input.params ?? {}), input)

  const change = async <Body>(method: string, path: string, body: unknown, callOptions: CallOptions = {}): Promise<Body> => {
    const answer = await request<Body>(method, path, { ...callOptions, body })
    return wait(answer, path, callOptions)
  }

  return {
    baseUrl: options.baseUrl,
    send,
    call: async (operation, input) => (await send(operation, input)).body,
    list,
    request,
    fetch: transport.fetch,
    wait,
    get: async <Body>(path: string, callOptions?: CallOptions) => (await request<Body>('GET', path, callOptions)).body,
    put: (path, body, callOptions) => change('PUT', path, body, callOptions),
    patch: (path, body, callOptions) => change('PATCH', path, body, callOptions),
    post: async <Body>(path: string, body?: unknown, callOptions: CallOptions = {}) =>
      wait(await request<Body>('POST', path, { ...callOptions, body: body ?? {} }), undefined, callOptions),
    async delete(path, callOptions = {}) {
      const answer = await request('DELETE', path, callOptions).catch((error: unknown) => ignoreMissing(error))
      if (answer !== undefined) await wait(answer, undefined, callOptions)
    },
    events: (eventOptions = {}) => readEventStream(transport.fetch, delay, eventOptions),
    delay,
  }
}
