import { unauthenticated } from '@fulcrum/contract'
import type { FastifyRequest } from 'fastify'
import { authenticateToken } from '../auth/credentials.ts'
import type { Actor } from '../auth/actor.ts'
import type { Clock } from '../clock.ts'
import type { Executor } from '../db/schema.ts'
import type { SignedRequest } from './types.ts'

export const sessionCookie = 'fulcrum_session'

export interface AuthenticateOptions {
  readonly db: Executor
  readonly clock: Clock
  /** Verifies a JWT that the platform issued to a workload. @throws InvalidAuthenticationToken */
  readonly verifyJwt: (jwt: string) => Promise<Actor>
  /** Verifies a request signed with a key; `undefined` when it is not of a kind that can be signed, or carries no signature. */
  readonly verifySignedRequest?: (request: SignedRequest) => Promise<Actor | undefined>
}

/**
 * Finds the actor of a request: Bearer (opaque token or workload JWT), Basic (the password is the token, as MLflow
 * clients send it), or the studio's session cookie. A request that carries an Authorization header never uses its cookie.
 */
export function createAuthenticator(options: AuthenticateOptions): (request: FastifyRequest) => Promise<Actor | undefined> {
  const { db, clock, verifyJwt } = options
  return async (request) => {
    const header = request.headers.authorization
    if (header !== undefined && !isSignature(header)) {
      const token = tokenOf(header)
      return token.startsWith('flc_') ? authenticateToken(db, clock, token, ['pat', 'sp', 'job', 'reg']) : verifyJwt(token)
    }
    const signed = await options.verifySignedRequest?.(signedRequestOf(request))
    if (signed !== undefined) return signed
    if (header !== undefined) throw unauthenticated()
    const session = cookieOf(request, sessionCookie)
    if (session === undefined) return undefined
    return { ...(await authenticateToken(db, clock, session, ['ses'])), viaCookie: true }
  }
}

/** `SharedKey account:signature`, as clients of Azure's storage send it. */
function isSignature(header: string): boolean {
  return /^SharedKey(Lite)?\s/i.test(header)
}

function signedRequestOf(request: FastifyRequest): SignedRequest {
  const { method, url, headers, protocol, ip } = request
  return { method, url, headers, protocol, remoteAddress: ip }
}

function tokenOf(header: string): string {
  const [scheme, value] = header.split(/\s+/, 2)
  if (value === undefined) throw unauthenticated()
  if (scheme?.toLowerCase() === 'bearer') return value
  if (scheme?.toLowerCase() !== 'basic') throw unauthenticated()
  const decoded = Buffer.from(value, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 0) throw unauthenticated()
  return decoded.slice(colon + 1)
}

export function cookieOf(request: Pick<FastifyRequest, 'headers'>, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined) return value
  }
  return undefined
}
