import { AppError, errorCatalogue, isAppError } from '@fulcrum/contract'
import type { Dialect } from '@fulcrum/contract'
import type { ApiReply } from './types.ts'

/** Prints an error in the dialect of the client. */
export type ErrorRenderer = (error: AppError, requestId: string) => ApiReply

export type ErrorRenderers = Readonly<Partial<Record<Dialect, ErrorRenderer>>>

/** ARM's form; also used by the platform's own routes. */
export const renderArmError: ErrorRenderer = (error, requestId) => ({
  status: error.status,
  headers: { 'x-ms-error-code': error.code },
  body: {
    error: {
      code: error.code,
      message: error.message,
      ...(error.target === undefined ? {} : { target: error.target }),
      details: error.details,
      requestId,
    },
  },
})

/** Whatever was thrown, as an AppError; the unexpected becomes a 500 without internals (or 503 when the store is away). */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (code === 'DatabaseUnavailable' || /^(08|57P0)/.test(code) || code === 'ECONNREFUSED') {
    return new AppError('ServiceUnavailable', 'The store is restarting; try again in a moment.', { cause: error })
  }
  return new AppError('InternalServerError', 'Something went wrong on our side. Quote the request id when you report it.', {
    cause: error,
  })
}

/** Fastify's own refusals (bad URL, header overflow …) as ours. */
export function fromFrameworkError(status: number, message: string): AppError {
  const code = (Object.entries(errorCatalogue).find(([, known]) => known === status)?.[0] ??
    'BadRequest') as keyof typeof errorCatalogue
  return new AppError(code, message)
}
