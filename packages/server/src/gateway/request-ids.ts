import type { IncomingHttpHeaders } from 'node:http'
import type { Ids } from '../kernel/ids.ts'

/** Ids of one request, as Azure's scoring server reads and echoes them. */
export interface RequestIds {
  readonly requestId: string
  readonly clientRequestId: string | undefined
  readonly legacyRequestId: string | undefined
  /** The id under which the request's data are collected: the client's, else the request's. */
  readonly correlationId: string
  readonly traceparent: string | undefined
}

const longestId = 100
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** @returns the name of the header that is over 100 characters, when one is */
export function readRequestIds(headers: IncomingHttpHeaders, ids: Ids): RequestIds | string {
  const given: Record<string, string | undefined> = {}
  for (const name of ['x-request-id', 'x-ms-client-request-id', 'x-ms-request-id'] as const) {
    const value = headers[name]
    const text = Array.isArray(value) ? value[0] : value
    if (text !== undefined && text.length > longestId) return name
    given[name] = text === '' ? undefined : text
  }
  const requestId = given['x-request-id'] ?? ids.uuid()
  const legacyRequestId = given['x-ms-request-id']
  const clientRequestId = given['x-ms-client-request-id'] ?? legacyRequestId
  const traceparent = headers['traceparent']
  return {
    requestId,
    clientRequestId,
    legacyRequestId,
    correlationId: clientRequestId ?? requestId,
    traceparent: typeof traceparent === 'string' && traceparentPattern.test(traceparent) ? traceparent : undefined,
  }
}

/** Headers of every answer. */
export function idHeaders(ids: RequestIds): Record<string, string> {
  return {
    'x-request-id': ids.requestId,
    'x-ms-request-id': ids.legacyRequestId ?? ids.clientRequestId ?? ids.requestId,
    ...(ids.clientRequestId === undefined ? {} : { 'x-ms-client-request-id': ids.clientRequestId }),
    ...(ids.traceparent === undefined ? {} : { traceparent: ids.traceparent }),
  }
}
