import { AppError } from '@fulcrum/contract'
import type { FastifyRequest } from 'fastify'

/** Sent with every answer; pages of the studio replace the content policy by their own. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Refuses a Host that is not ours (DNS rebinding). */
export function checkOrigin(request: FastifyRequest, allowedHosts: readonly string[]): void {
  const host = (request.headers.host ?? '').toLowerCase()
  const name = host.replace(/:\d+$/, '')
  if (!loopbackHosts.has(name) && !allowedHosts.includes(name) && !allowedHosts.includes(host)) {
    throw new AppError(
      'MisdirectedRequest',
      `This server does not answer for host '${host}'. Add it to FULCRUM_ALLOWED_HOSTS if it should.`,
    )
  }
}
