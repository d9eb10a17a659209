import type { Operation, PlatformEvent, Resource } from '@fulcrum/contract'

export interface ClientOptions {
  /** Where the API answers, e.g. `http://127.0.0.1:7180`. */
  readonly baseUrl: string
  /** Sent as Bearer; absent for public operations, or in a browser that holds a session cookie. */
  readonly token?: string | undefined
  readonly fetch?: typeof fetch
  /** Waits between polls of a long-running operation, in milliseconds, when the server sends no shorter Retry-After. Default 500. */
  readonly pollIntervalMs?: number
  /** Waits; replaceable in tests. */
  readonly delay?: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** An answer of the server: status, headers and the body as JSON when it is JSON, else as text. */
export interface Answer<Body = unknown> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export type Params = Readonly<Record<string, string>>
/** What an operation's schemas accept and give. */
type BodyOf<O extends Operation> = NonNullable<O['body']>['_zod']['input']
type ResponseOf<O extends Operation> = NonNullable<O['response']>['_zod']['output']

export interface OperationInput<O extends Operation> extends CallOptions {
  readonly params?: Params
  readonly body?: BodyOf<O>
}

/** A client of one instance of the platform. Throws AppError, rebuilt from the server's `code`, on every answer outside 2xx. */
export interface Client {
  readonly baseUrl: string
  /** Calls an operation of the table. @returns the body of the answer */
  call<O extends Operation>(operation: O, input?: OperationInput<O>): Promise<ResponseOf<O>>
  /** The whole answer, with its headers; what {@link Client.wait} takes. */
  send<O extends Operation>(operation: O, input?: OperationInput<O>): Promise<Answer<ResponseOf<O>>>
  /** Every item of a list, page after page. */
  list<Item = Resource>(path: string, options?: CallOptions): AsyncGenerator<Item, void, undefined>
  get<Body = Resource>(path: string, options?: CallOptions): Promise<Body>
  /** Creates or replaces, and waits until a long-running creation has ended. */
  put<Body = Resource>(path: string, body: unknown, options?: CallOptions): Promise<Body>
  patch<Body = Resource>(path: string, body: unknown, options?: CallOptions): Promise<Body>
  post<Body = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<Body>
  /** Deletes, and waits until a long-running deletion has ended. A missing resource counts as deleted. */
  delete(path: string, options?: CallOptions): Promise<void>
  request<Body = unknown>(method: string, path: string, options?: CallOptions & { body?: unknown }): Promise<Answer<Body>>
  /** As {@link Client.request}, with the answer unread: for logs and other bytes. Throws as the others do. */
  fetch(
    method: string,
    path: string,
    options?: CallOptions & { body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> },
  ): Promise<Response>
  /**
   * Waits until the long-running operation of an answer has ended; polls `Azure-AsyncOperation`, else `Location`, else the resource itself.
   * @returns the resource as it is then, or the answer's own body when nothing had to be waited for
   * @throws AppError with the operation's error when it failed or was canceled
   */
  wait<Body = unknown>(answer: Answer<Body>, path?: string, options?: { signal?: AbortSignal | undefined }): Promise<Body>
  /** Live events, resumed after the connection was lost, until `signal` aborts. */
  events(options?: { after?: number; signal?: AbortSignal | undefined }): AsyncGenerator<PlatformEvent, void, undefined>
  delay(milliseconds: number, signal?: AbortSignal): Promise<void>
}
