import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/**
 * Envelope encryption: AES-256-GCM with a fresh random 96-bit initialisation vector per message (NIST SP 800-38D §8.2.2).
 * A sealed message is `version (1 byte) ‖ iv (12) ‖ tag (16) ‖ ciphertext`. The context (what the message is for) is authenticated
 * but not stored: opening under another context fails, so ciphertext moved to another row is useless.
 */

/** 32 random bytes. */
export type Key = Buffer

/** What a message is for, e.g. `['secret', scope, name, '7']`; parts may contain any characters. */
export type SealContext = readonly string[]

/** The message was changed, belongs to another context, or was sealed under another key; the three cannot be told apart. */
export class SealBrokenError extends Error {
  constructor(context: SealContext, cause?: unknown) {
    super(`The sealed value for ${context.join(' / ')} does not open: it was altered, moved, or sealed under another key.`, {
      cause,
    })
    this.name = 'SealBrokenError'
  }
}

const formatVersion = 1
const keyBytes = 32
const ivBytes = 12
const tagBytes = 16
const headerBytes = 1 + ivBytes + tagBytes

export function createKey(): Key {
  return randomBytes(keyBytes)
}

export function seal(key: Key, plaintext: Uint8Array, context: SealContext): Buffer {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  cipher.setAAD(encodeContext(context))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Buffer.of(formatVersion), iv, cipher.getAuthTag(), ciphertext])
}

/** @throws SealBrokenError */
export function open(key: Key, sealed: Uint8Array, context: SealContext): Buffer {
  if (sealed.byteLength < headerBytes || sealed[0] !== formatVersion) throw new SealBrokenError(context)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + ivBytes), { authTagLength: tagBytes })
    decipher.setAuthTag(sealed.subarray(1 + ivBytes, headerBytes))
    decipher.setAAD(encodeContext(context))
    return Buffer.concat([decipher.update(sealed.subarray(headerBytes)), decipher.final()])
  } catch (error) {
    throw new SealBrokenError(context, error)
  }
}

/** Seals a key under another key. */
export function wrapKey(wrappingKey: Key, key: Key, context: SealContext): Buffer {
  return seal(wrappingKey, key, ['key', ...context])
}

/** @throws SealBrokenError */
export function unwrapKey(wrappingKey: Key, wrapped: Uint8Array, context: SealContext): Key {
  const key = open(wrappingKey, wrapped, ['key', ...context])
  if (key.byteLength !== keyBytes) throw new SealBrokenError(context)
  return key
}

/** Each part with its length before it, so that ('ab','c') and ('a','bc') differ. */
function encodeContext(context: SealContext): Buffer {
  return Buffer.concat(
    context.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.byteLength)
      return [length, bytes]
    }),
  )
}
