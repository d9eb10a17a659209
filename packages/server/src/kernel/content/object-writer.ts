import { createHash, randomBytes } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, conflict } from '@fulcrum/contract'
import { errorCodeOf } from '../safe/durable.ts'
import { type Digest, objectPath } from './digest.ts'

/** A body: all of it, or its pieces in order (a Node `Readable` is such a sequence). */
export type ContentSource = Uint8Array | AsyncIterable<Uint8Array>

export interface PutOptions {
  /** More bytes than this are refused with PayloadTooLarge and leave nothing behind. */
  readonly maximumBytes?: number
  /** The digest the caller was told to expect; other bytes are refused with Conflict and leave nothing behind. */
  readonly expectedDigest?: string
  /** Abandons the put and leaves nothing behind. */
  readonly signal?: AbortSignal
}

interface Written {
  readonly digest: Digest
  readonly sizeBytes: number
}

/** Collected before each write to the file, so that a body of many tiny pieces does not cost a system call a piece. */
const bufferBytes = 256 * 1024

/** Writes bodies to temporary files while hashing them, and gives each its final name. Directories are the caller's to synchronise. */
export class ObjectWriter {
  readonly #directory: string
  readonly #incomingDirectory: string
  readonly #durable: boolean

  constructor(options: { directory: string; incomingDirectory: string; durable: boolean }) {
    this.#directory = options.directory
    this.#incomingDirectory = options.incomingDirectory
    this.#durable = options.durable
  }

  async write(source: ContentSource, options: PutOptions): Promise<Written> {
    const temporaryPath = join(this.#incomingDirectory, randomBytes(16).toString('hex'))
    const handle = await this.#create(temporaryPath)
    try {
      const written = await this.#fill(handle, source, options)
      await this.#publish(temporaryPath, written.digest)
      return written
    } catch (error) {
      await rm(temporaryPath, { force: true })
      throw error
    }
  }

  async digestOf(source: ContentSource): Promise<Digest> {
    const hash = createHash('sha256')
    for await (const piece of pieces(source)) hash.update(piece)
    return `sha256:${hash.digest('hex')}`
  }

  async #create(temporaryPath: string): Promise<FileHandle> {
    try {
      return await open(temporaryPath, 'wx', 0o600)
    } catch (error) {
      // Somebody tidied the empty folder away under a running server.
      if (errorCodeOf(error) !== 'ENOENT') throw error
      await mkdir(this.#incomingDirectory, { recursive: true, mode: 0o700 })
      return open(temporaryPath, 'wx', 0o600)
    }
  }

  async #fill(handle: FileHandle, source: ContentSource, options: PutOptions): Promise<Written> {
    try {
      const hash = createHash('sha256')
      let sizeBytes = 0
      let pending: Uint8Array[] = []
      let pendingBytes = 0
      const flush = async (): Promise<void> => {
        const batch = pending
        pending = []
        pendingBytes = 0
        await writeAll(handle, batch)
      }
      for await (const piece of pieces(source)) {
        options.signal?.throwIfAborted()
        sizeBytes += piece.byteLength
        if (sizeBytes > (options.maximumBytes ?? Number.POSITIVE_INFINITY)) throw tooLarge(options.maximumBytes)
        hash.update(piece)
        pending.push(piece)
        pendingBytes += piece.byteLength
        if (pendingBytes >= bufferBytes) await flush()
      }
      options.signal?.throwIfAborted()
      await flush()
      const digest: Digest = `sha256:${hash.digest('hex')}`
      if (options.expectedDigest !== undefined && options.expectedDigest !== digest) {
        throw conflict(
          `The content's digest is '${digest}', but '${options.expectedDigest}' was expected; send the bytes again.`,
          {
            code: 'DigestChanged',
            target: 'digest',
          },
        )
      }
      if (this.#durable) await handle.sync()
      return { digest, sizeBytes }
    } finally {
      await handle.close()
    }
  }

  /**
   * An object that exists is only marked as just put, so that hard links keep sharing one file. If it vanishes between (a
   * collector), the rename puts it back. Two writers of the same bytes both rename; the second replaces the first with its equal.
   */
  async #publish(temporaryPath: string, digest: Digest): Promise<void> {
    const finalPath = objectPath(this.#directory, digest)
    if (await touched(finalPath)) return rm(temporaryPath, { force: true })
    await chmod(temporaryPath, 0o444)
    await rename(temporaryPath, finalPath)
  }
}

/** False when the file does not exist. */
async function touched(path: string): Promise<boolean> {
  try {
    const now = new Date()
    await utimes(path, now, now)
    return true
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function* pieces(source: ContentSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source
  else yield* source
}

/** All pieces in one system call, as long as the file system takes them; joining them first would copy every byte once more. */
async function writeAll(handle: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let waiting = [...batch]
  while (waiting.length > 0) {
    let { bytesWritten } = await handle.writev(waiting)
    const done = waiting.findIndex((piece) => {
      if (bytesWritten < piece.byteLength) return true
      bytesWritten -= piece.byteLength
      return false
    })
    if (done < 0) return
    waiting = waiting.slice(done)
    const [first] = waiting
    if (first !== undefined) waiting[0] = first.subarray(bytesWritten)
  }
}

function tooLarge(maximumBytes: number | undefined): AppError {
  return new AppError('PayloadTooLarge', `The content is larger than the limit of ${maximumBytes} bytes.`, { target: 'content' })
}
