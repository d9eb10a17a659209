import { join } from 'node:path'
import { invalid } from '@fulcrum/contract'

/** `sha256:` and 64 lower-case hexadecimal digits; the only name content has. */
export type Digest = `sha256:${string}`

const digestPattern = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: string): text is Digest {
  return digestPattern.test(text)
}

/** @throws InvalidRequestContent when the text is not a SHA-256 digest. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw invalid(`'${text.slice(0, 100)}' is not a content digest; expected 'sha256:' and 64 lower-case hexadecimal digits.`, {
    target: 'digest',
  })
}

/** The 256 directories that hold objects; two hexadecimal digits each, so that a million objects stay 4,000 a directory. */
export const shardNames: readonly string[] = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))

export function shardOf(digest: Digest): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 2)
}

/** Where an object lies under the store's directory: `sha256/ab/cd…`. */
export function objectPath(storeDirectory: string, digest: Digest): string {
  return join(storeDirectory, 'sha256', shardOf(digest), digest.slice('sha256:'.length + 2))
}
