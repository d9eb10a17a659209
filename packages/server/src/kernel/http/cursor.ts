import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '@fulcrum/contract'

/**
 * Page tokens: a keyset position bound to the caller and the query, so that a forged or foreign one is refused.
 */
export class CursorCodec {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  encode(binding: string, position: unknown): string {
    const payload = Buffer.from(JSON.stringify(position)).toString('base64url')
    return `${payload}.${this.#mac(binding, payload)}`
  }

  /** @throws InvalidCursor */
  decode(binding: string, token: string): unknown {
    const [payload, mac] = token.split('.', 2)
    const expected = this.#mac(binding, payload ?? '')
    if (
      payload === undefined ||
      mac === undefined ||
      mac.length !== expected.length ||
      !timingSafeEqual(Buffer.from(mac), Buffer.from(expected))
    ) {
      throw new AppError('InvalidCursor', 'The page token is not valid for this query. Start again from the first page.', {
        target: '$skipToken',
      })
    }
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  }

  #mac(binding: string, payload: string): string {
    return createHmac('sha256', this.#key).update(`${binding}\n${payload}`).digest('base64url').slice(0, 22)
  }
}
