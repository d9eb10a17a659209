import { execFile } from 'node:child_process'
import { access, chmod, chown, constants, lchown, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './database-errors.ts'

/**
 * How the PostgreSQL programs are run, since they refuse user id 0. `direct`: as the present user. `user-namespace` and `bubblewrap`: as
 * user 65534 of a namespace, files stay root's. `account:<name>`: as that account of the host, files belong to it.
 */
export interface RunAs {
  readonly method: string
  readonly uid: number
  readonly gid: number
  /** Whether the child must be started with `uid` and `gid`. */
  readonly switchesUser: boolean
  /** The program and arguments that do the same under this method. */
  wrap(program: string, commandArguments: readonly string[]): readonly [string, readonly string[]]
}

export interface RunAsTarget {
  /** Directory of the supervisor, which holds `cluster` and the record of the choice. */
  readonly directory: string
  readonly runtimeDirectory: string
  readonly postgres: string
}

const unprivilegedId = 65_534
const accountNames = ['fulcrum', 'postgres', 'node', 'daemon', 'nobody']
const recordName = 'run-as.json'
/** The server learns from the kernel that its supervisor is gone and stops; the signal survives exec, not a change of user before it. */
export const dieWithSupervisor = ['setpriv', '--pdeathsig', 'INT'] as const

/**
 * Finds a way to run PostgreSQL by trying each, the recorded one first, and gives the directories to the user that results.
 * @throws EmbeddedPostgresError none works; the message lists what was tried and why each failed
 */
export async function chooseRunAs(target: RunAsTarget, candidates?: readonly RunAs[]): Promise<RunAs> {
  const all = candidates ?? (await defaultCandidates())
  const recorded = await readRecord(target.directory)
  const ordered = [...all.filter((one) => one.method === recorded), ...all.filter((one) => one.method !== recorded)]
  const failures: string[] = []
  for (const candidate of ordered) {
    const failure = await prepareAndProbe(target, candidate)
    if (failure === undefined) {
      await writeFile(join(target.directory, recordName), `${JSON.stringify({ method: candidate.method })}\n`, { mode: 0o600 })
      return candidate
    }
    failures.push(`  ${candidate.method}: ${failure}`)
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and no other way to run it works on this host:\n${failures.join('\n')}\n` +
      'Run as an ordinary user, or set FULCRUM_DATABASE_URL to a PostgreSQL server (15 or later).',
  )
}

/** The ways for this process: `direct` for an ordinary user; for root the three that leave user id 0. */
export async function defaultCandidates(): Promise<readonly RunAs[]> {
  const uid = process.getuid?.() ?? unprivilegedId
  const gid = process.getgid?.() ?? unprivilegedId
  const ownFiles = { uid, gid, switchesUser: false }
  if (uid !== 0) return [{ ...ownFiles, method: 'direct', wrap: (program, rest) => [program, rest] }]
  const id = String(unprivilegedId)
  const unshare = ['--user', `--map-user=${id}`, `--map-group=${id}`, '--']
  const bwrap = ['--unshare-user', '--uid', id, '--gid', id, '--die-with-parent', '--dev-bind', '/', '/', '--']
  return [
    { ...ownFiles, method: 'user-namespace', wrap: (program, rest) => ['unshare', [...unshare, program, ...rest]] },
    { ...ownFiles, method: 'bubblewrap', wrap: (program, rest) => ['bwrap', [...bwrap, program, ...rest]] },
    ...(await accountCandidates()),
  ]
}

async function accountCandidates(): Promise<readonly RunAs[]> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  return accountNames.flatMap((name): RunAs[] => {
    const [, , uid, gid] = lines.find((line) => line[0] === name) ?? []
    if (uid === undefined || gid === undefined || Number(uid) === 0) return []
    const ids = { uid: Number(uid), gid: Number(gid) }
    return [{ ...ids, method: `account:${name}`, switchesUser: true, wrap: (program, rest) => [program, rest] }]
  })
}

/** @returns why this way does not work, or undefined when it does */
async function prepareAndProbe(target: RunAsTarget, candidate: RunAs): Promise<string | undefined> {
  if (candidate.switchesUser) {
    const blocked = (await untraversable(target.postgres, candidate)) ?? (await untraversable(target.directory, candidate))
    if (blocked !== undefined) return `${blocked} cannot be entered by that account (chmod o+x ${blocked} would allow it)`
  }
  const script = 'test "$(id -u)" != 0 && cd "$1" && touch "$1/probe" && rm "$1/probe" && test -w "$2" && exec "$3" --version'
  try {
    await chmod(target.directory, candidate.switchesUser ? 0o711 : 0o700)
    for (const owned of [target.runtimeDirectory, join(target.directory, 'cluster'), join(target.directory, 'cluster.new')]) {
      await giveTo(owned, candidate)
    }
    const shell = [
      '-c',
      script,
      'sh',
      target.runtimeDirectory,
      await existingCluster(target.directory, target.runtimeDirectory),
      target.postgres,
    ]
    const [program, rest] = candidate.wrap('/bin/sh', shell)
    const ids = candidate.switchesUser ? { uid: candidate.uid, gid: candidate.gid } : {}
    await promisify(execFile)(program, [...rest], { ...ids, cwd: '/', timeout: 10_000 })
    return undefined
  } catch (error) {
    const detail = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : ''
    return detail || (error instanceof Error ? error.message.split('\n')[0] : String(error))
  }
}

async function existingCluster(directory: string, otherwise: string): Promise<string> {
  const cluster = join(directory, 'cluster')
  return access(cluster, constants.F_OK).then(
    () => cluster,
    () => otherwise,
  )
}

/** First directory on the way to `path` that others may not enter. */
async function untraversable(path: string, account: RunAs): Promise<string | undefined> {
  const blocked: string[] = []
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    const { mode, uid, gid } = await stat(directory)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) blocked.unshift(directory)
    if (directory === dirname(directory)) return blocked[0]
  }
}

/** Gives a tree to a user, when it is not that user's already. The top is changed last, so that an interrupted change is repeated. */
async function giveTo(path: string, owner: RunAs): Promise<void> {
  if (process.getuid?.() !== 0) return
  const top = await stat(path).catch(() => undefined)
  if (top === undefined || (top.uid === owner.uid && top.gid === owner.gid)) return
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), owner.uid, owner.gid)
  await chown(path, owner.uid, owner.gid)
}

async function readRecord(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, recordName), 'utf8').catch(() => '{}')
  const record: unknown = JSON.parse(text)
  return typeof record === 'object' && record !== null && 'method' in record ? String(record.method) : undefined
}
