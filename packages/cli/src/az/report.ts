import { isAppError } from '@fulcrum/contract'
import { UsageError } from '../cli-errors.ts'
import { AzFailure, exits } from './failure.ts'

/** Writes an error as the original does: one line first, then what helps. @returns the exit code */
export function report(error: unknown, isDebug: boolean): number {
  const { lines, code } = describe(error)
  const [first = '', ...rest] = lines
  process.stderr.write(`ERROR: ${first}\n${rest.map((line) => `${line}\n`).join('')}`)
  if (isDebug && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return code
}

function describe(error: unknown): { lines: readonly string[]; code: number } {
  if (error instanceof AzFailure) return { lines: [error.message, ...error.hints], code: error.exitCode }
  if (isAppError(error)) {
    const details = error.details.map((detail) => `  ${detail.target === undefined ? '' : `${detail.target}: `}${detail.message}`)
    return {
      lines: [
        `(${error.code}) ${error.message}`,
        `Code: ${error.code}`,
        ...(error.target === undefined ? [] : [`Target: ${error.target}`]),
        ...details,
      ],
      code: error.status === 404 ? exits.missing : exits.failure,
    }
  }
  if (error instanceof TypeError && error.message === 'fetch failed') {
    const cause = error.cause instanceof Error ? error.cause.message : ''
    return {
      lines: [`The server does not answer${cause === '' ? '' : ` (${cause})`}. Is it running? Start it with 'fulcrum up'.`],
      code: exits.failure,
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  // An instance that is not known is an account that was not set up.
  if (error instanceof UsageError && error.name === 'UsageError')
    return { lines: [`Please run 'az login' to setup account. ${message}`], code: exits.failure }
  return { lines: message.split('\n'), code: exits.failure }
}
