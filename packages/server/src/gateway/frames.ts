/**
 * The framed protocol between gateway and scoring worker, the counterpart of `python/fulcrum_runtime/frames.py`. Little-endian:
 * `u32 length of the rest | u8 type | u64 id | u32 header length | header JSON | body`.
 */

export const frameTypes = {
  hello: 1,
  ready: 2,
  infer: 3,
  result: 4,
  error: 5,
  batch: 6,
  log: 7,
  collected: 8,
  ping: 9,
  pong: 10,
  cancel: 11,
  drain: 12,
} as const

export const protocolVersion = 1
const fixedBytes = 13
const headerLimitBytes = 64 * 1024
const frameLimitBytes = 256 * 1024 * 1024

export interface Frame {
  readonly type: number
  readonly id: number
  readonly header: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

/** The stream broke a rule of the protocol; there is no resynchronising. */
export class FrameError extends Error {}

const empty = Buffer.alloc(0)

/** Prefix and header of a frame; write the body behind it. @throws FrameError the header is over 64 KiB */
export function encodeHead(type: number, id: number, header: unknown, bodyBytes: number): Buffer {
  const text = Buffer.from(JSON.stringify(header))
  if (text.length > headerLimitBytes)
    throw new FrameError(`A header of ${text.length} bytes is over the limit of ${headerLimitBytes}.`)
  const head = Buffer.allocUnsafe(4 + fixedBytes + text.length)
  head.writeUInt32LE(fixedBytes + text.length + bodyBytes, 0)
  head.writeUInt8(type, 4)
  head.writeBigUInt64LE(BigInt(id), 5)
  head.writeUInt32LE(text.length, 13)
  text.copy(head, 17)
  return head
}

/** Puts chunks of a stream together to frames. */
export class FrameDecoder {
  #chunks: Buffer[] = []
  #size = 0

  #peekLength(): number {
    const first = this.#chunks[0] ?? empty
    if (first.length >= 4) return first.readUInt32LE(0)
    this.#chunks = [Buffer.concat(this.#chunks)]
    return (this.#chunks[0] ?? empty).readUInt32LE(0)
  }

  /** @throws FrameError the stream is broken */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    for (;;) {
      if (this.#size < 4) return
      const length = this.#peekLength()
      if (length < fixedBytes || length > frameLimitBytes) throw new FrameError(`A frame length of ${length} is out of range.`)
      if (this.#size < 4 + length) return
      yield decode(this.#take(4 + length).subarray(4))
    }
  }

  #take(count: number): Buffer {
    const first = this.#chunks[0] ?? empty
    const joined = first.length >= count ? first : Buffer.concat(this.#chunks)
    const rest = joined.subarray(count)
    if (joined === first) this.#chunks[0] = rest
    else this.#chunks = [rest]
    if (rest.length === 0) this.#chunks.shift()
    this.#size -= count
    return joined.subarray(0, count)
  }
}

function decode(rest: Buffer): Frame {
  const headerBytes = rest.readUInt32LE(9)
  if (headerBytes > headerLimitBytes || fixedBytes + headerBytes > rest.length)
    throw new FrameError('A header does not fit its frame.')
  const id = Number(rest.readBigUInt64LE(1))
  if (!Number.isSafeInteger(id)) throw new FrameError('A frame id is out of range.')
  return {
    type: rest.readUInt8(0),
    id,
    header: headerBytes === 0 ? {} : parseHeader(rest.subarray(fixedBytes, fixedBytes + headerBytes)),
    body: rest.subarray(fixedBytes + headerBytes),
  }
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header as Record<string, unknown>
  } catch {
    // Told below, together with what is JSON but no object.
  }
  throw new FrameError('A frame header is not a JSON object.')
}
