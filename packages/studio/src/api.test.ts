import { describe, expect, it } from 'vitest'
import { ApiError, createApi, localPath } from './api.ts'

function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const calls: { url: string; init: RequestInit }[] = []
  const fetchLike = (async (url: string, init: RequestInit) => {
    calls.push({ url, init })
    return new Response(status === 204 ? null : body, { status, headers })
  }) as typeof fetch
  return { api: createApi(fetchLike), calls }
}

describe('the api wrapper', () => {
  it('adds the api version, the CSRF header and the cookie, and sends the body as JSON', async () => {
    const { api, calls } = answering(200, '{"name":"a"}')
    expect(await api.put('/x', { query: { $skip: 5, none: undefined }, body: { a: 1 } })).toEqual({ name: 'a' })
    expect(calls[0]?.url).toBe('/x?api-version=2025-12-01&%24skip=5')
    expect(calls[0]?.init).toMatchObject({ method: 'PUT', credentials: 'same-origin', body: '{"a":1}' })
    expect(calls[0]?.init.headers).toMatchObject({ 'x-fulcrum-csrf': '1', 'content-type': 'application/json' })
  })

  it('answers undefined for an empty body', async () => {
    expect(await answering(204, '').api.delete('/x')).toBeUndefined()
  })

  it('turns an ARM error into an ApiError with its request id', async () => {
    const body = JSON.stringify({ error: { code: 'ResourceNotFound', message: 'No job', target: 'name', requestId: 'r1' } })
    await expect(answering(404, body).api.get('/x')).rejects.toMatchObject({
      status: 404,
      code: 'ResourceNotFound',
      target: 'name',
      requestId: 'r1',
    })
  })

  it('keeps status and request id of an answer that is no ARM error', async () => {
    const { api } = answering(502, '<html>', { 'x-ms-request-id': 'r2' })
    await expect(api.get('/x')).rejects.toMatchObject({ status: 502, code: 'Http502', requestId: 'r2' })
  })

  it('says that the server is unreachable when no answer comes', async () => {
    const api = createApi((() => Promise.reject(new TypeError('failed'))) as typeof fetch)
    const error = await api.get('/x').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 0, code: 'ServerUnreachable' })
  })

  it('never follows a next link to another origin', async () => {
    const { api, calls } = answering(200, '{"value":[]}')
    await api.next('https://elsewhere.example/a/jobs?api-version=2025-12-01&$skip=2')
    expect(calls[0]?.url).toBe('/a/jobs?api-version=2025-12-01&%24skip=2')
    expect(localPath('//elsewhere.example/a?b=1')).toBe('/a?b=1')
  })

  it('reads what a log has gained, and whether it grows no more', async () => {
    const { api, calls } = answering(200, 'def', { 'x-log-complete': 'true' })
    const part = await api.log('/j/logs/user_logs/std_log.txt', 3)
    expect(new TextDecoder().decode(part.bytes)).toBe('def')
    expect(part.isComplete).toBe(true)
    expect(calls[0]?.url).toBe('/j/logs/user_logs/std_log.txt?api-version=2025-12-01&offset=3')
    expect((await answering(200, '').api.log('/j/logs/a', 0)).isComplete).toBe(false)
  })
})
