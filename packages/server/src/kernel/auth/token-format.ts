import { createHash, timingSafeEqual } from 'node:crypto'
import { crc32 } from './crc32.ts'
import type { Ids } from '../ids.ts'

/**
 * Opaque tokens: `flc_<kind>_<id: 12 base62>_<secret: 32 base62><crc: 6 base62>`.
 * Only the SHA-256 of the secret is stored. The check sum lets scanners tell real tokens from noise.
 */
export type TokenKind = 'pat' | 'sp' | 'job' | 'reg' | 'ses' | 'set'

export interface MintedToken {
  readonly id: string
  readonly token: string
  readonly secretHash: Buffer
}

const pattern = /^flc_(pat|sp|job|reg|ses|set)_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/

export function mintToken(ids: Ids, kind: TokenKind): MintedToken {
  const id = ids.base62(12)
  const secret = ids.base62(32)
  const head = `flc_${kind}_${id}_${secret}`
  return { id, token: head + checksum(head), secretHash: hashSecret(secret) }
}

/** Splits a token; `undefined` when its form or check sum is wrong. */
export function readToken(token: string): { kind: TokenKind; id: string; secretHash: Buffer } | undefined {
  const match = pattern.exec(token)
  if (match === null) return undefined
  const [, kind, id, secret, sum] = match
  if (kind === undefined || id === undefined || secret === undefined || checksum(token.slice(0, -6)) !== sum) return undefined
  return { kind: kind as TokenKind, id, secretHash: hashSecret(secret) }
}

export function sameSecret(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function checksum(text: string): string {
  let value = crc32(Buffer.from(text))
  let digits = ''
  for (let index = 0; index < 6; index += 1) {
    digits = alphabet[value % 62] + digits
    value = Math.floor(value / 62)
  }
  return digits
}
