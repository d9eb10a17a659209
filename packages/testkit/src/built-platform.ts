import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
/** The built command line; absent before `npm run build`. */
export const builtCommand = join(root, 'dist/cli/fulcrum.js')

export interface BuiltPlatform extends AsyncDisposable {
  readonly apiUrl: string
  readonly token: string
  readonly subscriptionId: string
  readonly supervisorPid: number
  /** Environment in which `fulcrum` (and what reads its settings) finds this platform. */
  readonly env: NodeJS.ProcessEnv
  /** Runs `fulcrum …` against it, whatever it exits with. @returns exit code, and both outputs in the order in which they came */
  cli(...parameters: string[]): Promise<{ readonly code: number; readonly output: string }>
  /** A call of the public API as its administrator; fails on any status from 400 on. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
}

/** The platform as a user runs it (`npm run build` first), on free ports and a data directory of its own; `settings` as in its environment. */
export async function startBuiltPlatform(settings: Readonly<Record<string, string>> = {}): Promise<BuiltPlatform> {
  if (!existsSync(builtCommand)) throw new Error('The platform is not built: run `npm run build` first.')
  const home = await mkdtemp(join(tmpdir(), 'fulcrum-clients-'))
  const ports = await Promise.all([freePort(), freePort(), freePort()])
  const env = {
    ...process.env,
    FULCRUM_HOME: home,
    FULCRUM_HTTP_PORT: String(ports[0]),
    FULCRUM_GATEWAY_PORT: String(ports[1]),
    FULCRUM_HTTPS_PORT: String(ports[2]),
    NODE_OPTIONS: '',
    ...settings,
  }
  const platform = spawn(process.execPath, [builtCommand, 'up', '--no-tour'], { env, stdio: 'ignore' })
  const connection = await answering(home).catch(async (error: unknown) => {
    await stop(platform)
    throw error
  })
  return {
    ...connection,
    env,
    cli: (...parameters) => runToEnd(env, parameters),
    call: async (method, path, body) => {
      const response = await fetch(`${connection.apiUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${connection.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    },
    [Symbol.asyncDispose]: async () => {
      await stop(platform)
      await rm(home, { recursive: true, force: true })
    },
  }
}

interface Connection {
  readonly apiUrl: string
  readonly token: string
  readonly subscriptionId: string
  readonly supervisorPid: number
}

async function answering(home: string): Promise<Connection> {
  const connection = await until('the platform', () => readConnection(home), 120_000)
  await until(
    'the API',
    () =>
      fetch(`${connection.apiUrl}/health`).then(
        (response) => response.ok,
        () => false,
      ),
    120_000,
  )
  return connection
}

function readConnection(home: string): Connection | undefined {
  const file = join(home, 'connection.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Connection) : undefined
}

function runToEnd(env: NodeJS.ProcessEnv, parameters: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, [builtCommand, ...parameters], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    child.on('close', (code) => settle({ code: code ?? 1, output }))
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((settle) => child.once('exit', settle))
  child.kill('SIGTERM')
  await ended
}
