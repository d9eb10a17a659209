/**
 * CRC-64 as Azure's storage computes it (polynomial 0x9A6C9329AC4BC9B5, reflected, inverted at both ends), eight bytes at a step. The halves of the sum are
 * kept apart, because numbers hold 53 bits.
 */

const [polynomialHigh, polynomialLow] = [0x9a6c9329, 0xac4bc9b5]
const slices = 8
const high = new Uint32Array(slices * 256)
const low = new Uint32Array(slices * 256)

for (let byte = 0; byte < 256; byte += 1) {
  let [upper, lower] = [0, byte]
  for (let bit = 0; bit < 8; bit += 1) {
    const carries = (lower & 1) === 1
    lower = ((lower >>> 1) | (upper << 31)) >>> 0
    upper >>>= 1
    if (carries) [upper, lower] = [(upper ^ polynomialHigh) >>> 0, (lower ^ polynomialLow) >>> 0]
  }
  high[byte] = upper
  low[byte] = lower
}
for (let index = 256; index < slices * 256; index += 1) {
  const [upper, lower] = [high[index - 256] ?? 0, low[index - 256] ?? 0]
  const entry = lower & 0xff
  low[index] = (((lower >>> 8) | (upper << 24)) ^ (low[entry] ?? 0)) >>> 0
  high[index] = ((upper >>> 8) ^ (high[entry] ?? 0)) >>> 0
}

export class Crc64 {
  #upper = 0xffffffff
  #lower = 0xffffffff

  update(bytes: Uint8Array): this {
    let [upper, lower] = [this.#upper, this.#lower]
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    for (; at + 8 <= bytes.length; at += 8) {
      const first = lower ^ view.getUint32(at, true)
      const second = upper ^ view.getUint32(at + 4, true)
      const indexes = [
        1792 + (first & 0xff),
        1536 + ((first >>> 8) & 0xff),
        1280 + ((first >>> 16) & 0xff),
        1024 + (first >>> 24),
        768 + (second & 0xff),
        512 + ((second >>> 8) & 0xff),
        256 + ((second >>> 16) & 0xff),
        second >>> 24,
      ]
      upper = 0
      lower = 0
      for (const index of indexes) {
        upper ^= high[index] ?? 0
        lower ^= low[index] ?? 0
      }
    }
    for (; at < bytes.length; at += 1) {
      const index = (lower ^ (bytes[at] ?? 0)) & 0xff
      lower = ((lower >>> 8) | (upper << 24)) ^ (low[index] ?? 0)
      upper = (upper >>> 8) ^ (high[index] ?? 0)
    }
    this.#upper = upper
    this.#lower = lower
    return this
  }

  /** Base64 of the eight bytes, least significant first, as `x-ms-content-crc64` has it. */
  digest(): string {
    const sum = Buffer.alloc(8)
    sum.writeUInt32LE(~this.#lower >>> 0, 0)
    sum.writeUInt32LE(~this.#upper >>> 0, 4)
    return sum.toString('base64')
  }
}
