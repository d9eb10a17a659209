import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { notFound } from '@fulcrum/contract'
import { errorCodeOf } from './durable.ts'
import { invalidPath, parseRelativePath, type RelativePath } from './relative-path.ts'

/** `read`: an existing file. `create`: a new file, which must not exist. `replace`: a file, emptied. `append`: a file, at its end. */
export type OpenPurpose = 'read' | 'create' | 'replace' | 'append'

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants

const purposeFlags: Record<OpenPurpose, number> = {
  read: O_RDONLY,
  create: O_WRONLY | O_CREAT | O_EXCL,
  replace: O_WRONLY | O_CREAT | O_TRUNC,
  append: O_WRONLY | O_CREAT | O_APPEND,
}

/**
 * The absolute path of `userPath` below `root`, when no existing part of it is a symbolic link. The last parts need not exist.
 * Between this and a later open somebody may swap a link in; where others can write below the root, use {@link openInside}.
 * @param userPath decoded once
 * @throws InvalidPath
 */
export async function resolveInside(root: string, userPath: string): Promise<string> {
  const relative = parseRelativePath(userPath)
  const realRoot = await realpath(root)
  const target = join(realRoot, ...relative.split('/'))
  for (let existing = target; existing !== realRoot; existing = dirname(existing)) {
    const real = await realpath(existing).catch(async (error: unknown) => {
      // A link to nowhere has no real path either, but it is there.
      if (errorCodeOf(error) === 'ENOENT') {
        if (await isMissing(existing)) return undefined
        // Or another file of the same tree made the folder between the two looks.
        const appeared = await realpath(existing).catch(() => undefined)
        if (appeared !== undefined) return appeared
      }
      throw invalidPath(userPath, 'it leads through a link or a file that is no folder', error)
    })
    if (real === undefined) continue
    if (real !== existing) throw invalidPath(userPath, 'it leads through a symbolic link')
    break
  }
  return target
}

/**
 * Opens a regular file below `root` without following a symbolic link at any segment, whoever swaps links meanwhile: each folder is
 * opened from the descriptor of the one before, and the real path of the opened descriptor is compared with the root's.
 * @param userPath decoded once
 * @throws InvalidPath (form, or a link when writing) · ResourceNotFound (missing, or a link or folder when reading)
 */
export async function openInside(root: string, userPath: string, purpose: OpenPurpose = 'read'): Promise<FileHandle> {
  const relative = parseRelativePath(userPath)
  const realRoot = await realpath(root)
  try {
    const opened = await (process.platform === 'linux' ? openByDescriptors : openByComparison)(realRoot, relative, purpose)
    return await checkedFile(opened)
  } catch (error) {
    throw describe(error, userPath, purpose)
  }
}

class NotAFileError extends Error {
  readonly code = 'EISDIR'
}

/** Linux: `/proc/self/fd/N/name` is `openat(N, name)`. A leading folder that is a link answers ENOTDIR or ELOOP. */
async function openByDescriptors(realRoot: string, relative: RelativePath, purpose: OpenPurpose): Promise<FileHandle> {
  const segments = relative.split('/')
  let folder = await open(realRoot, O_RDONLY | O_DIRECTORY)
  try {
    for (const segment of segments.slice(0, -1)) {
      const next = await open(`/proc/self/fd/${folder.fd}/${segment}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      await folder.close()
      folder = next
    }
    const opened = await openWithoutFollowing(`/proc/self/fd/${folder.fd}/${segments.at(-1)}`, purpose)
    const real = await readlink(`/proc/self/fd/${opened.fd}`)
    if (!real.startsWith(realRoot === sep ? sep : realRoot + sep)) {
      await opened.close()
      throw new NotAFileError(`opened ${real}, which is not below ${realRoot}`)
    }
    return opened
  } finally {
    await folder.close()
  }
}

/** Elsewhere: the folder's real path must be itself, and afterwards the opened file must be the one found at that path. */
export async function openByComparison(realRoot: string, relative: RelativePath, purpose: OpenPurpose): Promise<FileHandle> {
  const target = join(realRoot, ...relative.split('/'))
  if ((await realpath(dirname(target))) !== dirname(target)) throw new NotAFileError('a folder of the path is a link')
  const opened = await openWithoutFollowing(target, purpose)
  const [real, seen, mine] = await Promise.all([realpath(target), lstat(target), opened.stat()])
  if (real === target && seen.dev === mine.dev && seen.ino === mine.ino) return opened
  await opened.close()
  throw new NotAFileError(`'${basename(target)}' was swapped while it was opened`)
}

/** O_NONBLOCK: a named pipe in the tree must not hang the server; it is refused after opening. */
async function openWithoutFollowing(path: string, purpose: OpenPurpose): Promise<FileHandle> {
  return open(path, purposeFlags[purpose] | O_NOFOLLOW | O_NONBLOCK, 0o644)
}

async function checkedFile(handle: FileHandle): Promise<FileHandle> {
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new NotAFileError('not a regular file')
}

function describe(error: unknown, userPath: string, purpose: OpenPurpose): unknown {
  const code = errorCodeOf(error) ?? ''
  if (purpose === 'read' && ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO'].includes(code)) return notFound('File', userPath)
  if (['ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO'].includes(code)) {
    return invalidPath(userPath, 'it leads through a link, or names something that is no regular file', error)
  }
  if (code === 'ENOENT') return invalidPath(userPath, 'its folder does not exist', error)
  if (code === 'EEXIST') return invalidPath(userPath, 'it exists already', error)
  return error
}

async function isMissing(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: unknown) => errorCodeOf(error) === 'ENOENT',
  )
}
