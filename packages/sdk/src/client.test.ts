import { AppError, operation } from '@fulcrum/contract'
import { expect, test } from 'vitest'
import { createClient } from './client.ts'
import { rebuildError } from './errors.ts'
import { parseEventStream, type StreamMessage } from './event-stream.ts'

interface Recorded {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
}

/** A client whose requests are answered one after another; a request too many fails the test. */
function clientWith(answers: readonly Response[]) {
  const requests: Recorded[] = []
  const waits: number[] = []
  const queue = [...answers]
  const client = createClient({
    baseUrl: 'http://127.0.0.1:7180/',
    token: 'secret',
    fetch: async (input, init) => {
      requests.push({ url: String(input), method: init?.method ?? 'GET', headers: init?.headers as Record<string, string> })
      const answer = queue.shift()
      if (answer === undefined) throw new Error(`No answer is left for ${String(input)}.`)
      return answer
    },
    delay: async (milliseconds) => void waits.push(milliseconds),
  })
  return { client, requests, waits }
}

const json = (body: unknown, init: ResponseInit = {}): Response => new Response(JSON.stringify(body), init)

test('a creation waits for its operation and gives the resource as it is then', async () => {
  const { client, requests, waits } = clientWith([
    json(
      { name: 'e' },
      { status: 201, headers: { 'azure-asyncoperation': 'https://elsewhere.example/subscriptions/s/op/1?x=1' } },
    ),
    json({ status: 'InProgress' }, { headers: { 'retry-after': '30' } }),
    json({ status: 'Succeeded' }),
    json({ name: 'e', properties: { provisioningState: 'Succeeded' } }),
  ])
  expect(await client.put('/subscriptions/s/e', {})).toMatchObject({ properties: { provisioningState: 'Succeeded' } })
  // Links are followed on our own host: the token must not leave for another.
  expect(requests.map((request) => new URL(request.url).host)).toEqual(Array.from({ length: 4 }, () => '127.0.0.1:7180'))
  expect(requests[1]?.url).toBe('http://127.0.0.1:7180/subscriptions/s/op/1?x=1&api-version=2025-12-01')
  expect(waits).toEqual([500])
})

test('a failed operation is an error with the code of the server', async () => {
  const { client } = clientWith([
    json({}, { status: 202, headers: { 'azure-asyncoperation': '/subscriptions/s/op/1' } }),
    json({ status: 'Failed', error: { code: 'GateRequired', message: 'Gate first.' } }),
  ])
  await expect(client.put('/subscriptions/s/e', {})).rejects.toMatchObject({ code: 'GateRequired', message: 'Gate first.' })
})

test('without an operation address a creation waits for the provisioning state', async () => {
  const { client, waits } = clientWith([
    json({ properties: { provisioningState: 'Creating' } }, { status: 201 }),
    json({ properties: { provisioningState: 'Succeeded' } }),
  ])
  await client.put('/subscriptions/s/e', {})
  expect(waits).toHaveLength(1)
})

test('lists go on over their pages', async () => {
  const { client, requests } = clientWith([
    json({ value: [{ name: 'a' }, { name: 'b' }], nextLink: 'http://127.0.0.1:7180/subscriptions/s/jobs?$skip=2&api-version=x' }),
    json({ value: [{ name: 'c' }], nextLink: null }),
  ])
  const names: string[] = []
  for await (const item of client.list('/subscriptions/s/jobs', { query: { $top: 2 } })) names.push(item.name)
  expect(names).toEqual(['a', 'b', 'c'])
  expect(requests[1]?.url).toBe('http://127.0.0.1:7180/subscriptions/s/jobs?$skip=2&api-version=x')
})

test('deleting what is not there is done', async () => {
  const { client } = clientWith([json({ error: { code: 'ResourceNotFound', message: 'no' } }, { status: 404 })])
  await expect(client.delete('/subscriptions/s/e')).resolves.toBeUndefined()
})

test('an operation of the table fills its path', async () => {
  const { client, requests } = clientWith([json({ fine: true })])
  const show = operation({
    id: 'x.show',
    method: 'GET',
    path: '/x/{name}/{rest*}',
    summary: 'x',
    action: 'authenticated',
    dialect: 'platform',
  })
  expect(await client.call(show, { params: { name: 'a b', rest: 'c/d e' }, query: { top: 1 } })).toEqual({ fine: true })
  expect(requests[0]).toMatchObject({
    url: 'http://127.0.0.1:7180/x/a%20b/c/d%20e?top=1',
    headers: { authorization: 'Bearer secret' },
  })
})

test.each([
  [
    404,
    { error: { code: 'ResourceNotFound', message: 'm', target: 't', details: [{ code: 'c', message: 'd' }] } },
    'ResourceNotFound',
    'm',
  ],
  [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'gone' }, 'ResourceNotFound', 'gone'],
  [424, { error: 'the model failed' }, 'BadRequest', 'the model failed'],
  [502, 'nginx', 'InternalServerError', 'nginx'],
])('%d in its dialect becomes one error', (status, body, code, message) => {
  const error = rebuildError(status, typeof body === 'string' ? body : JSON.stringify(body))
  expect(error).toBeInstanceOf(AppError)
  expect([error.code, error.message]).toEqual([code, message])
})

test('events are split wherever the network cuts them', async () => {
  const text = 'retry: 1000\nid: 4\nevent: ready\ndata: {"cursor":4}\n\n: alive\n\nid: 5\ndata: {"a":\ndata: "ü"}\n\n'
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 3, 7, bytes.byteLength]) {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let start = 0; start < bytes.byteLength; start += size) controller.enqueue(bytes.slice(start, start + size))
        controller.close()
      },
    })
    const messages: StreamMessage[] = []
    for await (const message of parseEventStream(stream)) messages.push(message)
    expect(messages).toEqual([
      { id: '4', event: 'ready', data: '{"cursor":4}' },
      { id: '5', event: 'message', data: '{"a":\n"ü"}' },
    ])
  }
})
