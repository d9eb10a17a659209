import { AppError } from '@fulcrum/contract'
import { isObject, rebuildError } from './errors.ts'
import type { Transport } from './transport.ts'
import type { Answer, Client } from './types.ts'

const finalStates = new Set(['succeeded', 'failed', 'canceled'])

/** Waits for long-running operations in each form that ARM has. @see azure-core's LROPoller */
export function createWait(transport: Transport, delay: Client['delay'], pollIntervalMs: number): Client['wait'] {
  const { request, absolute } = transport
  async function wait<Body>(
    answer: Answer<Body>,
    path?: string,
    waitOptions: { signal?: AbortSignal | undefined } = {},
  ): Promise<Body> {
    const pause = (headers: Headers): Promise<void> =>
      delay(Math.min(pollIntervalMs, retryAfterMs(headers) ?? pollIntervalMs), waitOptions.signal)
    const statusUrl = answer.headers.get('azure-asyncoperation')
    if (statusUrl !== null) {
      await pollStatus(absolute(statusUrl), pause, waitOptions.signal)
      if (path === undefined) return answer.body
      const found = await request<Body>('GET', path, waitOptions).catch((error: unknown) => ignoreMissing(error))
      return found === undefined ? answer.body : found.body
    }
    const location = answer.headers.get('location')
    let current = answer
    while (current.status === 202 && location !== null) {
      await pause(current.headers)
      current = await request<Body>('GET', absolute(location), waitOptions)
    }
    while (path !== undefined && isPending(current.body)) {
      await pause(current.headers)
      current = await request<Body>('GET', path, waitOptions)
    }
    throwWhenFailed(current.body)
    return current.body
  }

  async function pollStatus(
    url: string,
    pause: (headers: Headers) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (;;) {
      const { body, headers } = await request<{ status?: string; error?: { message?: string } }>('GET', url, { signal })
      const status = (body.status ?? '').toLowerCase()
      if (status === 'succeeded') return
      if (finalStates.has(status))
        throw rebuildError(409, JSON.stringify({ error: { message: `The operation was ${status}.`, ...body.error } }))
      await pause(headers)
    }
  }

  return wait
}

function retryAfterMs(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

function provisioningStateOf(body: unknown): string | undefined {
  const properties = isObject(body) ? body['properties'] : undefined
  const state = isObject(properties) ? properties['provisioningState'] : undefined
  return typeof state === 'string' ? state.toLowerCase() : undefined
}

function isPending(body: unknown): boolean {
  const state = provisioningStateOf(body)
  return state !== undefined && !finalStates.has(state)
}

function throwWhenFailed(body: unknown): void {
  const state = provisioningStateOf(body)
  if (state !== 'failed' && state !== 'canceled') return
  const name = isObject(body) ? String(body['name']) : ''
  throw new AppError('Conflict', `'${name}' ended as ${state}.`)
}

export function ignoreMissing(error: unknown): undefined {
  if (error instanceof AppError && error.status === 404) return undefined
  throw error
}

export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(finish, milliseconds)
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('Canceled'))
    }
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    function finish(): void {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
  })
}
