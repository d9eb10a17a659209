import { constants, createReadStream } from 'node:fs'
import { chmod, copyFile, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { type AppError, conflict, invalid, notFound } from '@fulcrum/contract'
import { errorCodeOf, fsyncDirectory } from '../safe/durable.ts'
import { type Digest, isDigest, objectPath, parseDigest, shardNames, shardOf } from './digest.ts'
import { prepareIncoming } from './incoming.ts'
import { type ContentSource, type PutOptions, ObjectWriter } from './object-writer.ts'

export interface StoredContent {
  readonly digest: Digest
  readonly sizeBytes: number
}

export interface ListedContent extends StoredContent {
  /** When this content was last put, by the file system's clock; collectors spare what is younger than their grace period. */
  readonly lastPutAt: Date
}

export interface ByteRange {
  /** First byte; 0 when absent. */
  readonly start?: number
  /** One past the last byte; the size when absent or larger than the size. */
  readonly endExclusive?: number
}

export type MaterialiseMode = 'hardlink' | 'copy'

export interface ContentStoreOptions {
  /** Absolute path; created when missing. */
  readonly directory: string
  /** False skips every fsync; for tests only. */
  readonly durable: boolean
}

/** Files written at the same time by `putMany`; enough for the file system to merge their journal commits. */
const parallelWrites = 16

/**
 * Content-addressed objects on disk: `sha256/ab/cd…`, each written once, never changed, named by its hash.
 * An acknowledged put is durable and whole; a crash at any moment leaves no half object, only a temporary file that the next
 * start removes. Any number of processes of one host may share a directory.
 */
export class ContentStore {
  readonly #directory: string
  readonly #durable: boolean
  readonly #writer: ObjectWriter

  private constructor(options: ContentStoreOptions, incomingDirectory: string) {
    this.#directory = options.directory
    this.#durable = options.durable
    this.#writer = new ObjectWriter({ ...options, incomingDirectory })
  }

  /** Opens or creates a store and removes what dead writers left behind. */
  static async open(options: ContentStoreOptions): Promise<ContentStore> {
    const objects = join(options.directory, 'sha256')
    await mkdir(objects, { recursive: true, mode: 0o700 })
    const existing = new Set(await readdir(objects))
    const missing = shardNames.filter((name) => !existing.has(name))
    await Promise.all(missing.map((name) => mkdir(join(objects, name), { recursive: true, mode: 0o700 })))
    const incoming = await prepareIncoming(options.directory)
    if (options.durable && missing.length > 0) {
      for (const directory of [objects, options.directory, dirname(options.directory)]) await fsyncDirectory(directory)
    }
    return new ContentStore(options, incoming)
  }

  /** Stores a body without holding it in memory; putting the same bytes again is cheap and harmless. */
  async put(source: ContentSource, options: PutOptions = {}): Promise<StoredContent> {
    const stored = await this.#writer.write(source, options)
    await this.#syncShards([stored.digest])
    return stored
  }

  async putFile(path: string, options: PutOptions = {}): Promise<StoredContent> {
    const handle = await open(path, constants.O_RDONLY)
    return this.put(handle.createReadStream(), options)
  }

  /**
   * Stores many bodies, in order, and makes them durable together: each file is synchronised once, each directory once at the end.
   * Nothing is acknowledged before all of it is durable. Sources are pulled one after another and written {@link parallelWrites} at
   * a time; pass a generator that opens files lazily when there are thousands.
   */
  async putMany(
    sources: Iterable<ContentSource> | AsyncIterable<ContentSource>,
    options: PutOptions = {},
  ): Promise<StoredContent[]> {
    const results: StoredContent[] = []
    const iterator = iterate(sources)
    let nextIndex = 0
    let failed = false
    const work = async (): Promise<void> => {
      for (let next = await iterator.next(); next.done !== true && !failed; next = await iterator.next()) {
        const index = nextIndex
        nextIndex += 1
        try {
          results[index] = await this.#writer.write(next.value, options)
        } catch (error) {
          failed = true
          throw error
        }
      }
    }
    const outcomes = await Promise.allSettled(Array.from({ length: parallelWrites }, work))
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure !== undefined) {
      await iterator.return(undefined)
      throw failure.reason
    }
    await this.#syncShards(results.map((result) => result.digest))
    return results
  }

  /** Joins stored objects into one, as a block list does. @throws ResourceNotFound when one of them is missing. */
  async concatenate(digests: readonly string[], options: PutOptions = {}): Promise<StoredContent> {
    const known = digests.map((digest) => parseDigest(digest))
    await Promise.all([...new Set(known)].map((digest) => this.stat(digest)))
    return this.put(this.#joined(known), options)
  }

  async *#joined(digests: readonly Digest[]): AsyncGenerator<Uint8Array> {
    for (const digest of digests) yield* await this.open(digest)
  }

  /** A stream of the bytes or of a range. The file is open before this returns, so a later removal does not cut the stream. */
  async open(digest: string, range: ByteRange = {}): Promise<Readable> {
    const path = this.#pathOf(digest)
    const handle = await open(path, constants.O_RDONLY).catch((error: unknown) => {
      throw missingOr(error, digest)
    })
    try {
      const { size } = await handle.stat()
      const start = range.start ?? 0
      const endExclusive = Math.min(range.endExclusive ?? size, size)
      if (!Number.isInteger(start) || !Number.isInteger(endExclusive) || start < 0 || start > endExclusive) {
        throw invalid(`The range ${start}–${range.endExclusive ?? ''} does not lie in the ${size} bytes of '${digest}'.`, {
          target: 'range',
        })
      }
      if (start === endExclusive) {
        await handle.close()
        return Readable.from([])
      }
      return createReadStream(path, { fd: handle, start, end: endExclusive - 1 })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async has(digest: string): Promise<boolean> {
    const found = await stat(this.#pathOf(digest)).catch((error: unknown) => {
      if (errorCodeOf(error) === 'ENOENT') return undefined
      throw error
    })
    return found !== undefined
  }

  /** @throws ResourceNotFound when the content is not stored. */
  async stat(digest: string): Promise<ListedContent> {
    const parsed = parseDigest(digest)
    const found = await stat(this.#pathOf(digest)).catch((error: unknown) => {
      throw missingOr(error, digest)
    })
    return { digest: parsed, sizeBytes: found.size, lastPutAt: found.mtime }
  }

  /**
   * Gives an object a path of its own outside the store, for a job's inputs; parents are created.
   * A hard link (default) costs no space and is read-only; it needs the same file system, else the bytes are copied. As root, where
   * permission bits protect nothing and a job could change the stored object through its link, the default is a copy (copy-on-write
   * where the file system can). A copy is writable.
   * @returns what was done
   * @throws ResourceNotFound the content is not stored · Conflict the target exists
   */
  async materialise(digest: string, targetPath: string, options: { mode?: MaterialiseMode } = {}): Promise<MaterialiseMode> {
    const source = this.#pathOf(digest)
    await this.stat(digest)
    await mkdir(dirname(targetPath), { recursive: true })
    const mode = options.mode ?? (process.geteuid?.() === 0 ? 'copy' : 'hardlink')
    try {
      if (mode === 'hardlink' && (await linked(source, targetPath))) return 'hardlink'
      await copyFile(source, targetPath, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      await chmod(targetPath, 0o644)
      return 'copy'
    } catch (error) {
      if (errorCodeOf(error) === 'EEXIST') throw conflict(`'${targetPath}' exists already.`, { target: targetPath, cause: error })
      throw missingOr(error, digest)
    }
  }

  /** Removes an object; true when it was there. Readers that have it open read on. The caller knows that nothing refers to it. */
  async remove(digest: string): Promise<boolean> {
    try {
      await rm(this.#pathOf(digest))
      return true
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return false
      throw error
    }
  }

  /** Every stored object, in digest order within a directory; objects put or removed meanwhile may or may not appear. */
  async *list(): AsyncGenerator<ListedContent> {
    for (const shard of shardNames) {
      for (const name of (await readdir(join(this.#directory, 'sha256', shard))).sort()) {
        const digest = `sha256:${shard}${name}`
        if (!isDigest(digest)) continue
        const found = await this.stat(digest).catch(() => undefined)
        if (found !== undefined) yield found
      }
    }
  }

  /** Reads an object and says whether its bytes still hash to its name; for scrubbing and after a restore. */
  async verify(digest: string): Promise<boolean> {
    return (await this.#writer.digestOf(await this.open(digest))) === parseDigest(digest)
  }

  #pathOf(digest: string): string {
    return objectPath(this.#directory, parseDigest(digest))
  }

  async #syncShards(digests: readonly Digest[]): Promise<void> {
    if (!this.#durable) return
    const shards = new Set(digests.map((digest) => shardOf(digest)))
    await Promise.all([...shards].map((shard) => fsyncDirectory(join(this.#directory, 'sha256', shard))))
  }
}

/** False where links are impossible: another file system, too many links, or a file system or kernel policy without them. */
async function linked(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target)
    return true
  } catch (error) {
    if (['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'EACCES'].includes(errorCodeOf(error) ?? '')) return false
    throw error
  }
}

function missingOr(error: unknown, digest: string): AppError | unknown {
  return errorCodeOf(error) === 'ENOENT' ? notFound('Content', digest) : error
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, undefined, undefined> {
  yield* items
  return undefined
}
