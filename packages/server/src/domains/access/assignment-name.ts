import { createHash } from 'node:crypto'

/** Namespace of our version 5 names (itself a random GUID). */
const namespace = Buffer.from('0f6a2c0e9b4d4c6f8a51d7c3e2b19f40', 'hex')

/** Deterministic GUID (RFC 9562, version 5) of some parts, so that asking for the same thing twice names the same resource. */
export function guidOf(...parts: readonly string[]): string {
  const hash = createHash('sha1')
    .update(namespace)
    .update(parts.map((part) => part.toLowerCase()).join('\n'))
    .digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
