import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './database-errors.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { environment } from './postmaster.ts'
import type { RunAs } from './run-as.ts'

export const userName = 'fulcrum'
export const databaseName = 'fulcrum'

export interface ClusterRequest {
  readonly directory: string
  readonly runtimeDirectory: string
  readonly binaries: PostgresBinaries
  readonly runAs: RunAs
  readonly durable: boolean
}

/**
 * Makes the cluster when there is none. It is built under another name and renamed, so that an interrupted start leaves none half made.
 * @returns the password of the database's user
 * @throws EmbeddedPostgresError initdb failed, the cluster is of another major version, or its password file is gone
 */
export async function initializeCluster(request: ClusterRequest): Promise<string> {
  const { directory, binaries } = request
  const passwordFile = join(directory, 'password')
  const major = (await readFile(join(directory, 'cluster', 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  if (major === '') return createCluster(request, passwordFile)
  if (major !== binaries.major) {
    throw new EmbeddedPostgresError(
      `The database in ${directory} was made by PostgreSQL ${major}, and this version runs ${binaries.major}. ` +
        'Make a backup with the version that made it, and restore it into a new data directory.',
    )
  }
  const password = (await readFile(passwordFile, 'utf8').catch(() => '')).trim()
  if (password === '')
    throw new EmbeddedPostgresError(`${passwordFile} is missing or empty: put back the file that belongs to this database.`)
  return password
}

async function createCluster(
  { directory, runtimeDirectory, binaries, runAs, durable }: ClusterRequest,
  passwordFile: string,
): Promise<string> {
  const password = randomBytes(24).toString('base64url')
  const unfinished = join(directory, 'cluster.new')
  // A copy that the server's user can read; the kept one stays readable by the supervisor alone.
  const passwordCopy = join(runtimeDirectory, 'initial-password')
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  await writeFile(passwordCopy, password, { mode: 0o600 })
  if (runAs.switchesUser) {
    await chown(unfinished, runAs.uid, runAs.gid)
    await chown(passwordCopy, runAs.uid, runAs.gid)
  }
  const initdb = [
    '-D',
    unfinished,
    '-U',
    userName,
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordCopy}`,
    '-E',
    'UTF8',
    '--no-instructions',
  ]
  // The built-in locale keeps text indexes valid when the host's libc or ICU changes.
  const locale =
    Number(binaries.major) >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C']
  const [program, rest] = runAs.wrap(binaries.initdb, [...initdb, ...locale, ...(durable ? [] : ['--no-sync'])])
  const ids = runAs.switchesUser ? { uid: runAs.uid, gid: runAs.gid } : {}
  try {
    await promisify(execFile)(program, [...rest], { ...ids, cwd: '/', env: environment })
  } catch (error) {
    const detail = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new EmbeddedPostgresError(`A new database could not be made in ${directory} (run as ${runAs.method}):\n${detail}`, {
      cause: error,
    })
  } finally {
    await rm(passwordCopy, { force: true })
  }
  await rename(unfinished, join(directory, 'cluster'))
  return password
}
