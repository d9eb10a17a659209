import type { Operation } from '@fulcrum/contract'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { z } from 'zod'
import type { Actor } from '../auth/actor.ts'

/** A request that passed authentication, authorization and validation. */
export interface ApiRequest<Query = unknown, Body = unknown> {
  readonly id: string
  readonly actor: Actor
  readonly operation: Operation
  /** Path parameters, decoded once. */
  readonly params: Readonly<Record<string, string>>
  /** The resource id the operation was authorised on, as in the URL. */
  readonly scope: string
  readonly query: Query
  readonly body: Body
  /** The unread body of a `stream` operation. */
  readonly stream: Readable
  readonly headers: IncomingMessage['headers']
  readonly url: string
  /** `http://host:port` under which the client reached us. */
  readonly origin: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

/** What the signature of a request may cover. */
export interface SignedRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly protocol: string
  readonly remoteAddress: string
}

export interface ApiReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON value; `undefined` = empty body. */
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly raw?: Readable | Buffer | string
}

export interface Route {
  readonly operation: Operation
  readonly handle: (request: ApiRequest) => Promise<ApiReply>
}

/** Binds a handler to an operation; query and body arrive parsed by the operation's schemas. */
export function route<Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  operation: Operation<Q, B, R>,
  handle: (request: ApiRequest<z.output<Q>, z.output<B>>) => Promise<ApiReply>,
): Route {
  return { operation, handle: handle as Route['handle'] }
}

/** A 200 with a JSON body. */
export function ok(body: unknown, headers?: Readonly<Record<string, string>>): ApiReply {
  return headers === undefined ? { body } : { body, headers }
}
