/**
 * The error catalogue: one class, one factory per code. Codes are stable, ARM's own where ARM has one.
 * Messages teach: what was wrong, where, and the nearest right thing.
 */

export interface ErrorDetail {
  readonly code: string
  readonly message: string
  readonly target?: string
}

/** Every code the API answers, with its HTTP status. */
export const errorCatalogue = {
  BadRequest: 400,
  InvalidRequestContent: 400,
  InvalidPath: 400,
  InvalidUri: 400,
  AddressNotAllowed: 400,
  InvalidYaml: 400,
  InvalidFilter: 400,
  InvalidCursor: 400,
  InvalidTraffic: 400,
  NotSupported: 400,
  InvalidAuthenticationToken: 401,
  AuthorizationFailed: 403,
  GateRequired: 403,
  TwoPersonRule: 403,
  CsrfRejected: 403,
  ScopeLocked: 409,
  ResourceNotFound: 404,
  ResourceGroupNotFound: 404,
  OperationNotFound: 404,
  MethodNotAllowed: 405,
  Conflict: 409,
  ResourceAlreadyExists: 409,
  DigestChanged: 409,
  LastOwner: 409,
  PreconditionFailed: 412,
  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,
  MisdirectedRequest: 421,
  TooManyRequests: 429,
  QuotaExceeded: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
} as const

export type ErrorCode = keyof typeof errorCatalogue

export interface ErrorOptions {
  readonly target?: string
  readonly details?: readonly ErrorDetail[]
  readonly cause?: unknown
}

/** The only error that crosses a boundary of the platform; rendered per dialect. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly target: string | undefined
  readonly details: readonly ErrorDetail[]

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.status = errorCatalogue[code]
    this.target = options.target
    this.details = options.details ?? []
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError
}

/** 400: the input is wrong by form. */
export function invalid(message: string, options: ErrorOptions & { code?: ErrorCode } = {}): AppError {
  return new AppError(options.code ?? 'InvalidRequestContent', message, options)
}

/** 404: missing, or not readable by the caller; both answer the same. */
export function notFound(what: string, name: string, hint?: string): AppError {
  return new AppError('ResourceNotFound', `${what} '${name}' was not found.${hint === undefined ? '' : ` ${hint}`}`, {
    target: name,
  })
}

/** 403: the caller may see the resource but not act on it. */
export function forbidden(action: string, scope: string): AppError {
  return new AppError(
    'AuthorizationFailed',
    `You do not have authorization to perform action '${action}' over scope '${scope}'.`,
    {
      target: action,
    },
  )
}

export function conflict(message: string, options: ErrorOptions & { code?: ErrorCode } = {}): AppError {
  return new AppError(options.code ?? 'Conflict', message, options)
}

export function unauthenticated(message = 'The access token is missing, invalid or expired.'): AppError {
  return new AppError('InvalidAuthenticationToken', message)
}

/** 400: known to Azure, accepted in form, not offered by this server; see docs/status.md. */
export function notSupported(what: string, instead?: string): AppError {
  return new AppError('NotSupported', `${what} is not supported.${instead === undefined ? '' : ` ${instead}`}`)
}

export function preconditionFailed(id: string): AppError {
  return new AppError(
    'PreconditionFailed',
    `'${id}' was changed by somebody else. Read it again, re-apply your change and send its new etag.`,
    {
      target: 'If-Match',
    },
  )
}

/** The nearest of `candidates` to `word` by edit distance, when it is near enough to be a typing error. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (best === undefined || distance < best.distance) best = { candidate, distance }
  }
  return best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
