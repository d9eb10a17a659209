import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { waitUntilReady } from '../kernel/db/database.ts'

/** A PostgreSQL of the host, on a socket of its own, for tests that cross versions. Runs as `nobody` when we are root. */
export async function startForeignPostgres(binaries: string) {
  const directory = await mkdtemp(join('/tmp', 'fulcrum-pg-'))
  const isRoot = process.getuid?.() === 0
  const identity = isRoot ? { uid: 65_534, gid: 65_534 } : {}
  const cluster = join(directory, 'cluster')
  if (isRoot) {
    chmodSync(directory, 0o777)
    mkdirSync(cluster, { mode: 0o700 })
    spawnSync('chown', ['65534:65534', cluster])
  }
  const init = spawnSync(
    join(binaries, 'initdb'),
    ['-D', cluster, '-U', 'test', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    { ...identity, cwd: '/' },
  )
  if (init.status !== 0) throw new Error(String(init.stderr))
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', cluster, '-k', directory, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    { ...identity, cwd: '/', stdio: 'ignore' },
  )
  const connectionString = `postgresql://test@${encodeURIComponent(directory)}/postgres`
  await waitUntilReady({ connectionString }, 20_000)
  return {
    connectionString,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGINT')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
