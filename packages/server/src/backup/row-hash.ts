import { createHash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'

const modulus = 1n << 256n

/** Passes COPY text through, counting lines and hashing them: the file's hash and a hash that does not depend on row order. */
export class RowHash extends Transform {
  rows = 0
  sizeBytes = 0
  readonly #file = createHash('sha256')
  #sum = 0n
  #rest: Buffer = Buffer.alloc(0)

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.sizeBytes += chunk.length
    this.#file.update(chunk)
    let data: Buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      this.rows += 1
      this.#sum = (this.#sum + BigInt(`0x${createHash('sha256').update(data.subarray(0, end)).digest('hex')}`)) % modulus
      data = data.subarray(end + 1)
    }
    this.#rest = data
    done(null, chunk)
  }

  result(): { rows: number; sizeBytes: number; sha256: string; contentHash: string } {
    return {
      rows: this.rows,
      sizeBytes: this.sizeBytes,
      sha256: this.#file.digest('hex'),
      contentHash: this.#sum.toString(16).padStart(64, '0'),
    }
  }
}
