import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, notFound } from '@fulcrum/contract'
import { errorCodeOf, fsyncDirectory } from './durable.ts'

/**
 * The file operations that domains need. Paths are absolute and of the platform's own making; a part that a user chose goes through
 * `resolveInside` or `openInside` first. None follows a symbolic link at the last segment.
 */

/** Creates a folder and its parents; an existing one gets the mode. */
export async function ensureDirectory(path: string, mode = 0o700): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  await chmod(path, mode)
}

export interface AtomicWriteOptions {
  /** 0600 when absent. */
  readonly mode?: number
  /** True when absent: the file survives a power cut once this returns. */
  readonly durable?: boolean
}

/** Writes a file so that readers, and the next start after a crash, see the old content or the new, never a part. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { mode = 0o600, durable = true } = options
  const temporaryPath = `${path}.${randomBytes(8).toString('hex')}.tmp`
  try {
    const handle = await open(temporaryPath, 'wx', mode)
    try {
      await handle.writeFile(content)
      if (durable) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporaryPath, path)
  } catch (error) {
    await rm(temporaryPath, { force: true })
    throw error
  }
  if (durable) await fsyncDirectory(dirname(path))
}

/** The whole of a UTF-8 text file. @throws ResourceNotFound · PayloadTooLarge when it has more than `maximumBytes` */
export async function readText(path: string, maximumBytes: number): Promise<string> {
  const chunk = await readFrom(path, 0, maximumBytes + 1)
  if (chunk === undefined) throw notFound('File', path)
  if (chunk.length > maximumBytes) {
    throw new AppError('PayloadTooLarge', `'${path}' is larger than the limit of ${maximumBytes} bytes.`, { target: path })
  }
  return chunk.toString('utf8')
}

export interface Tail {
  readonly bytes: Buffer
  /** Where to read on: the offset behind `bytes`. */
  readonly nextOffset: number
}

/**
 * What a growing file has from `offset` on, at most `maximumBytes`; empty when there is nothing new or no file yet. A negative offset
 * counts from the end. A file that became shorter than `offset` was replaced and is read from its start.
 */
export async function readTail(path: string, offset: number, maximumBytes: number): Promise<Tail> {
  const found = await statOrUndefined(path)
  const size = found?.size ?? 0
  const start = offset < 0 ? Math.max(0, size + offset) : offset > size ? 0 : offset
  const bytes = (await readFrom(path, start, maximumBytes)) ?? Buffer.alloc(0)
  return { bytes, nextOffset: start + bytes.length }
}

/** Removes a file or a tree, links in it and not their targets; nothing happens when it is missing. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

export interface TreeEntry {
  /** Relative to the listed folder, with `/` between segments. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** 0 for anything but files. */
  readonly sizeBytes: number
  readonly modifiedAt: Date
}

/**
 * Everything below a folder in path order, a folder before its content. Links are listed, never followed; entries that vanish
 * meanwhile are left out; a missing folder is empty.
 */
export async function* listTree(directory: string): AsyncGenerator<TreeEntry> {
  yield* listBelow(directory, '')
}

/** Sets the time of the last change of a file. @returns false when it is not there */
export async function touchFile(path: string, at: Date): Promise<boolean> {
  try {
    await utimes(path, at, at)
    return true
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** The file's own metadata (of a link: the link's), or undefined when nothing is there. */
export async function statOrUndefined(path: string): Promise<Stats | undefined> {
  return undefinedWhenMissing(lstat(path))
}

async function* listBelow(directory: string, prefix: string): AsyncGenerator<TreeEntry> {
  const names = (await undefinedWhenMissing(readdir(directory))) ?? []
  for (const name of names.sort()) {
    const found = await statOrUndefined(join(directory, name))
    if (found === undefined) continue
    const kind = kindOf(found)
    yield { path: prefix + name, kind, sizeBytes: kind === 'file' ? found.size : 0, modifiedAt: found.mtime }
    if (kind === 'directory') yield* listBelow(join(directory, name), `${prefix}${name}/`)
  }
}

function kindOf(found: Stats): TreeEntry['kind'] {
  if (found.isFile()) return 'file'
  if (found.isDirectory()) return 'directory'
  return found.isSymbolicLink() ? 'link' : 'other'
}

/** Undefined when there is no file. */
async function readFrom(path: string, start: number, maximumBytes: number): Promise<Buffer | undefined> {
  const handle = await undefinedWhenMissing(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
  if (handle === undefined) return undefined
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.alloc(Math.max(0, Math.min(maximumBytes, size - start)))
    let filled = 0
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  } finally {
    await handle.close()
  }
}

async function undefinedWhenMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCodeOf(error) ?? '')) return undefined
    throw error
  })
}
