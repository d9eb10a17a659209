import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const version = '3.37.0'
/** Apart from the project's own packages: it brings four hundred, and only this test needs it. */
const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fulcrum-tests', `azurite-${version}`)
const program = join(directory, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js')

export interface Azurite extends AsyncDisposable {
  /** `http://127.0.0.1:port/{account}`. */
  readonly url: string
}

/** Installs the reference server once per machine; says why when that is not possible. */
export async function installAzurite(): Promise<{ readonly reason: string } | undefined> {
  if (existsSync(join(directory, 'complete'))) return undefined
  try {
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'package.json'), '{"private":true}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', '--prefix', directory]
    await run('npm', ['install', ...options, `azurite@${version}`], { timeout: 600_000, cwd: directory })
    await writeFile(join(directory, 'complete'), '')
    return undefined
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] ?? 'unknown') : String(error) }
  }
}

/** Runs the reference server, in memory, with one account. */
export async function startAzurite(account: string, key: string): Promise<Azurite> {
  const port = await freePort()
  const options = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--inMemoryPersistence', '--skipApiVersionCheck']
  const child = spawn(process.execPath, [program, ...options, '--disableTelemetry', '--loose'], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', AZURITE_ACCOUNTS: `${account}:${key}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`Azurite ended with ${code} before it listened.`)))
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('successfully listen')) resolve()
    })
  })
  return {
    url: `http://127.0.0.1:${port}/${account}`,
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
