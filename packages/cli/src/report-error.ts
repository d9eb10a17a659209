import { AppError } from '@fulcrum/contract'
import { UsageError } from './cli-errors.ts'

/** Exit codes by class, so that scripts can tell them apart. */
export const exitCodes = {
  failure: 1,
  usage: 2,
  notFound: 3,
  unauthenticated: 4,
  forbidden: 5,
  conflict: 6,
  limit: 7,
  server: 8,
  unreachable: 9,
} as const

/** Prints an error on the error stream. @returns the exit code of its class */
export function reportError(error: unknown): number {
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`fulcrum: ${isUnreachable(error) ? unreachableText(error) : text}\n`)
  if (error instanceof AppError) {
    for (const detail of error.details)
      process.stderr.write(`  ${detail.target === undefined ? '' : `${detail.target}: `}${detail.message}\n`)
    process.stderr.write(`  (${error.code})\n`)
  }
  return exitCodeOf(error)
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage
  if (isUnreachable(error)) return exitCodes.unreachable
  if (!(error instanceof AppError)) return exitCodes.failure
  if (error.status >= 500) return exitCodes.server
  const byStatus: Readonly<Record<number, number>> = {
    400: exitCodes.usage,
    401: exitCodes.unauthenticated,
    403: exitCodes.forbidden,
    404: exitCodes.notFound,
    409: exitCodes.conflict,
    412: exitCodes.conflict,
    413: exitCodes.limit,
    429: exitCodes.limit,
  }
  return byStatus[error.status] ?? exitCodes.failure
}

function isUnreachable(error: unknown): error is TypeError {
  return error instanceof TypeError && error.message === 'fetch failed'
}

function unreachableText(error: TypeError): string {
  const cause = error.cause instanceof Error ? error.cause.message : ''
  return `The server does not answer (${cause || 'connection refused'}). Is it running? Start it with 'fulcrum up', or name another with 'fulcrum login'.`
}
