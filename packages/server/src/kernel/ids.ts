import { randomBytes, randomUUID } from 'node:crypto'

/** Identifiers and randomness, given by the context so that tests can repeat them. */
export interface Ids {
  uuid(): string
  /** `count` random bytes. */
  bytes(count: number): Buffer
  /** `length` characters of [0-9A-Za-z], unbiased. */
  base62(length: number): string
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export const systemIds: Ids = { uuid: () => randomUUID(), bytes: (count) => randomBytes(count), base62 }

function base62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
    }
  }
  return text
}
