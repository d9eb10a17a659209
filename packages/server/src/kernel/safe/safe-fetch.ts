import type { LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { AppError, invalid } from '@fulcrum/contract'
import { Agent, type Dispatcher, errors, request } from 'undici'
import { errorCodeOf } from './durable.ts'
import {
  type FetchPurpose,
  parseExternalUrl,
  type Resolve,
  type ResolvedAddress,
  resolveAllowed,
  systemResolve,
} from './external-address.ts'

export interface FetchLimits {
  readonly connectTimeoutMs: number
  /** To the end of the body. */
  readonly totalTimeoutMs: number
  /** Of the body as sent, and again of the body decompressed. */
  readonly maximumBytes: number
  readonly maximumHeaderBytes: number
}

export interface FetchRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
  readonly limits?: Partial<FetchLimits>
  /** For tests and for names the platform resolves itself. */
  readonly resolve?: Resolve
}

export interface FetchResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Decompressed. */
  readonly body: Buffer
}

export const defaultFetchLimits: FetchLimits = {
  connectTimeoutMs: 5_000,
  totalTimeoutMs: 30_000,
  maximumBytes: 10 * 1024 * 1024,
  maximumHeaderBytes: 16 * 1024,
}

/**
 * Requests a URL that a user or a configuration gave. The name is resolved once, every address is checked, and the connection goes
 * to a checked address; TLS is verified against the name. Redirects are refused, proxies of the environment are not used.
 * @throws InvalidUri · AddressNotAllowed (also for a redirect) · PayloadTooLarge · ServiceUnavailable (no connection, time limit)
 */
export async function fetchExternal(text: string, purpose: FetchPurpose, options: FetchRequest = {}): Promise<FetchResponse> {
  const limits = { ...defaultFetchLimits, ...options.limits }
  const url = parseExternalUrl(text, purpose)
  checkHeaders(options.headers ?? {})
  const deadline = AbortSignal.timeout(limits.totalTimeoutMs)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal])
  const addresses = await withSignal(resolveAllowed(url, purpose, options.resolve ?? systemResolve), signal).catch(
    (error: unknown) => {
      throw describe(error, url, { limits, deadline, caller: options.signal })
    },
  )
  const agent = new Agent({
    connect: { lookup: lookupAmong(addresses), timeout: limits.connectTimeoutMs },
    maxHeaderSize: limits.maximumHeaderBytes,
    pipelining: 0,
  })
  try {
    const response = await request(url, {
      method: options.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
      dispatcher: agent,
      signal,
    })
    refuseRedirect(response, url)
    const raw = await readLimited(response.body, limits.maximumBytes)
    const body = await decompress(raw, String(response.headers['content-encoding'] ?? 'identity'), limits.maximumBytes)
    return { status: response.statusCode, headers: definedHeaders(response.headers), body }
  } catch (error) {
    throw describe(error, url, { limits, deadline, caller: options.signal })
  } finally {
    await agent.destroy()
  }
}

function lookupAmong(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const wanted = addresses.filter(
      ({ family }) => options.family === undefined || options.family === 0 || options.family === family,
    )
    const usable = wanted.length > 0 ? wanted : addresses
    if (options.all === true) return callback(null, [...usable])
    const [first] = usable
    return callback(null, first?.address ?? '', first?.family ?? 4)
  }
}

function refuseRedirect(response: Dispatcher.ResponseData, url: URL): void {
  if (![301, 302, 303, 307, 308].includes(response.statusCode)) return
  response.body.on('error', () => undefined).destroy()
  throw invalid(
    `'${url.host}' answered with a redirect, which is not followed. Give the URL it leads to, if that is the one you mean.`,
    {
      code: 'AddressNotAllowed',
      target: url.host,
    },
  )
}

async function readLimited(body: AsyncIterable<Uint8Array>, maximumBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maximumBytes) throw tooLarge(maximumBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function decompress(raw: Buffer, encoding: string, maximumBytes: number): Promise<Buffer> {
  if (raw.length === 0 || encoding === 'identity') return raw
  const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) }
  const decoder = Object.entries(decoders).find(([name]) => name === encoding.trim().toLowerCase())?.[1]
  if (decoder === undefined)
    throw new AppError('ServiceUnavailable', `The answer has the content encoding '${encoding}', which is not known.`)
  try {
    return await decoder(raw, { maxOutputLength: maximumBytes })
  } catch (error) {
    throw errorCodeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(maximumBytes) : error
  }
}

/** Case 31: a line break in a value would start a header of its own. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue
    throw invalid(
      `The header '${name.replace(/[^\x20-\x7e]/g, '\uFFFD')}' has a name or value with characters that are not allowed.`,
      {
        target: 'headers',
      },
    )
  }
}

function definedHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

async function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

interface Circumstances {
  readonly limits: FetchLimits
  readonly deadline: AbortSignal
  readonly caller: AbortSignal | undefined
}

function describe(error: unknown, url: URL, { limits, deadline, caller }: Circumstances): unknown {
  if (error instanceof AppError) return error
  if (caller?.aborted === true) return caller.reason
  const options = { target: url.host, cause: error }
  if (error instanceof errors.HeadersOverflowError) {
    return new AppError('PayloadTooLarge', `The answer's headers are larger than ${limits.maximumHeaderBytes} bytes.`, options)
  }
  if (deadline.aborted) {
    return new AppError(
      'ServiceUnavailable',
      `'${url.host}' did not finish its answer within ${limits.totalTimeoutMs} ms.`,
      options,
    )
  }
  const reason = errorCodeOf(error) ?? 'connection failed'
  return new AppError('ServiceUnavailable', `'${url.host}' cannot be reached: ${reason}.`, options)
}

function tooLarge(maximumBytes: number): AppError {
  return new AppError('PayloadTooLarge', `The answer is larger than the limit of ${maximumBytes} bytes.`, { target: 'body' })
}
