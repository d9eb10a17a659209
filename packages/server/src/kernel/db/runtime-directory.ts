import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './database-errors.ts'

/** Longest path of a unix socket that kernels accept, in bytes, and what PostgreSQL appends to the directory. */
const socketPathLimitBytes = 107
const socketName = '/.s.PGSQL.5432'

/**
 * Makes the private directory for the server's socket: by default a short name below the host's temporary directory, since a data
 * directory may lie too deep for a socket.
 * @throws EmbeddedPostgresError the path is too long, or somebody else made it first (temporary directories are shared)
 */
export async function makeRuntimeDirectory(dataDirectory: string, wanted?: string): Promise<string> {
  const name = `fulcrum-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12)}`
  const candidates = wanted === undefined ? [join(tmpdir(), name), join('/tmp', name)] : [wanted]
  const directory = candidates.find((path) => Buffer.byteLength(path + socketName) <= socketPathLimitBytes)
  if (directory === undefined) {
    throw new EmbeddedPostgresError(
      `The runtime directory ${candidates[0]} is too long for a unix socket: choose one of at most 93 bytes.`,
    )
  }
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const { uid, mode } = await lstat(directory).then((status) => {
    if (!status.isDirectory()) throw new EmbeddedPostgresError(`${directory} is not a directory; remove it and start again.`)
    return status
  })
  const self = process.getuid?.()
  // Root may find it given to the account that runs the server; for anyone else only an own directory is safe.
  if ((self !== 0 && uid !== self) || (mode & 0o077) !== 0) {
    throw new EmbeddedPostgresError(
      `${directory} belongs to another user or is open to others; remove it, or set another runtime directory.`,
    )
  }
  return directory
}
