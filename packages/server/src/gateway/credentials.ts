import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { RootKey } from '../kernel/secrets/index.ts'

/** Endpoint keys and tokens. Keys are known to the gateway as SHA-256 only; tokens are HS256 JWTs under a key derived per endpoint. */

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Compares a key with all hashes in constant time. */
export function matchesKey(key: string, hashes: readonly string[]): boolean {
  const digest = createHash('sha256').update(key).digest()
  let matches = false
  for (const hash of hashes) {
    const known = Buffer.from(hash, 'hex')
    if (known.length === digest.length && timingSafeEqual(known, digest)) matches = true
  }
  return matches
}

const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url')

/** A token for one endpoint. @param expiresAtSeconds seconds since the epoch */
export function signEndpointToken(
  root: RootKey,
  entry: { endpointId: string; subject: string; expiresAtSeconds: number },
): string {
  const claims = { aud: entry.endpointId.toLowerCase(), sub: entry.subject, exp: entry.expiresAtSeconds }
  const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${text}.${macOf(root, entry.endpointId, text).toString('base64url')}`
}

/** True when the token is of this endpoint, unaltered and not expired. */
export function verifyEndpointToken(root: RootKey, token: string, entry: { endpointId: string; now: Date }): boolean {
  const [head, payload, signature, ...rest] = token.split('.')
  if (head !== header || payload === undefined || signature === undefined || rest.length > 0) return false
  const expected = macOf(root, entry.endpointId, `${head}.${payload}`)
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { aud: string; exp: number }
  return claims.aud === entry.endpointId.toLowerCase() && claims.exp * 1000 > entry.now.getTime()
}

function macOf(root: RootKey, endpointId: string, text: string): Buffer {
  const key = createHmac('sha256', root.key).update(`endpoint token ${endpointId.toLowerCase()}`).digest()
  return createHmac('sha256', key).update(text).digest()
}
