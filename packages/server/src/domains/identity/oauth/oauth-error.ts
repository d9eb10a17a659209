import type { Context } from '../../../context.ts'
import type { ApiReply } from '../../../kernel/http/index.ts'

/** A refusal in the form of RFC 6749 §5.2, with the numbers of the Microsoft identity platform where clients know them. */
export class OAuthError extends Error {
  readonly code: string
  readonly status: number
  readonly number: number
  readonly retryAfterSeconds: number | undefined

  constructor(code: string, message: string, options: { status?: number; number?: number; retryAfterSeconds?: number } = {}) {
    super(message)
    this.code = code
    this.status = options.status ?? 400
    this.number = options.number ?? 900144
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export function renderOAuthError(ctx: Context, error: OAuthError, requestId: string): ApiReply {
  const { code, status, number, message, retryAfterSeconds } = error
  return {
    status,
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
    body: {
      error: code,
      error_description: `AADSTS${number}: ${message} Trace ID: ${requestId}`,
      error_codes: [number],
      timestamp: ctx.clock.now().toISOString(),
      trace_id: requestId,
      correlation_id: requestId,
    },
  }
}
