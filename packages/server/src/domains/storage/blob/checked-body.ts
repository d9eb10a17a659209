import { createHash } from 'node:crypto'
import { storageError } from '../storage-error.ts'
import { Crc64 } from './crc64.ts'
import type { StorageRequest } from './request.ts'

export interface CheckedBody {
  /** The body as it is; fails at its end when it is not what the headers say. */
  readonly source: AsyncIterable<Uint8Array>
  /** Base64, once the body was read. */
  md5(): string
  /** Headers that tell the client what was received. */
  headers(): Readonly<Record<string, string>>
}

/** The body of a request, checked against `Content-MD5` and `x-ms-content-crc64` while it streams. */
export function checkedBody(request: StorageRequest): CheckedBody {
  const expectedMd5 = checksum(request, 'content-md5', 16, 'InvalidMd5')
  const expectedCrc = checksum(request, 'x-ms-content-crc64', 8, 'InvalidHeaderValue')
  const md5 = createHash('md5')
  const crc = expectedCrc === undefined ? undefined : new Crc64()
  let digest = ''
  async function* checked(): AsyncGenerator<Uint8Array> {
    for await (const chunk of request.api.stream as AsyncIterable<Uint8Array>) {
      md5.update(chunk)
      crc?.update(chunk)
      yield chunk
    }
    digest = md5.digest('base64')
    if (expectedMd5 !== undefined && digest !== expectedMd5)
      throw storageError(400, 'Md5Mismatch', 'The body does not have the MD5 that Content-MD5 says; nothing was stored.')
    if (crc !== undefined && crc.digest() !== expectedCrc)
      throw storageError(400, 'Crc64Mismatch', 'The body does not have the CRC that x-ms-content-crc64 says; nothing was stored.')
  }
  return {
    source: checked(),
    md5: () => digest,
    headers: (): Record<string, string> =>
      expectedCrc === undefined ? { 'content-md5': digest } : { 'x-ms-content-crc64': expectedCrc },
  }
}

function checksum(request: StorageRequest, name: string, bytes: number, code: string): string | undefined {
  const value = request.header(name)
  if (value === undefined) return undefined
  const decoded = Buffer.from(value, 'base64')
  if (decoded.length !== bytes || decoded.toString('base64') !== value)
    throw storageError(400, code, `${name} is not the base64 of ${bytes} bytes.`, name)
  return value
}
