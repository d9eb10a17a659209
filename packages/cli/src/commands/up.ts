import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { OutcomeError, UsageError } from '../cli-errors.ts'
import { readLocalConnection } from '../connection.ts'
import { type CliEnvironment, readEnvironment } from '../environment.ts'
import { serverEntry } from '../install-directory.ts'
import { Progress } from '../output/progress.ts'
import { isPortFree } from './ports.ts'

interface Ready {
  readonly apiUrl: string
  readonly studioUrl: string
}

/** Starts the platform, prints the sign-in link, runs the tour when it has not been run, and stays until Ctrl-C. */
export async function up(options: { tour: boolean; open?: boolean }): Promise<void> {
  const environment = readEnvironment()
  await refuseWhenInUse(environment)
  await mkdir(environment.dataDirectory, { recursive: true, mode: 0o700 })
  const logPath = join(environment.dataDirectory, 'fulcrum.log')
  const progress = new Progress()
  const server = startServer(environment, logPath)
  const stopped = untilStopped(server)
  progress.start('Starting database, API, engine and gateway')
  const ready = await Promise.race([readiness(server), stopped.then(() => undefined)])
  if (ready === undefined) {
    progress.fail()
    throw new OutcomeError(`The server ended before it was ready:\n${await lastLines(logPath)}\nThe whole log is in ${logPath}.`)
  }
  progress.succeed(ready.apiUrl)
  process.stdout.write(`\n  Studio   ${ready.studioUrl}\n  Log      ${logPath}\n\n`)
  if (options.open === true) openBrowser(ready.studioUrl)
  const canceled = new AbortController()
  const touring = options.tour ? runTour(environment, canceled.signal) : Promise.resolve()
  void touring.then(() => process.stdout.write('The server keeps running; stop it with Ctrl-C.\n'))
  const result = await stopped
  canceled.abort()
  await touring
  process.stdout.write('Stopped.\n')
  if (!result.asked) throw new OutcomeError(`The server ended by itself (${result.reason}):\n${await lastLines(logPath)}`)
}

async function runTour(environment: CliEnvironment, signal: AbortSignal): Promise<void> {
  const { runTourOnce } = await import('../tour/tour.ts')
  await runTourOnce(environment, signal).catch(async (error: unknown) => {
    if (signal.aborted) return
    const { reportError } = await import('../report-error.ts')
    reportError(error)
    process.stdout.write("The tour stopped here. 'fulcrum tour' continues it at this step.\n")
  })
}

async function refuseWhenInUse(environment: CliEnvironment): Promise<void> {
  const running = await readLocalConnection(environment)
  for (const [variable, port] of [
    ['FULCRUM_HTTP_PORT', environment.apiPort],
    ['FULCRUM_HTTPS_PORT', environment.httpsPort],
    ['FULCRUM_GATEWAY_PORT', environment.gatewayPort],
  ] as const) {
    if (port === 0 || (await isPortFree(port))) continue
    if (running?.apiUrl.endsWith(`:${environment.apiPort}`) === true && (await answers(running.apiUrl))) {
      throw new UsageError(
        `Fulcrum already runs at ${running.apiUrl} (process ${running.supervisorPid}). 'fulcrum status' shows it, 'fulcrum down' stops it.`,
      )
    }
    throw new UsageError(
      `Port ${port} is used by another program. Choose another port with ${variable}=… (and stop nothing you need).`,
    )
  }
}

async function answers(apiUrl: string): Promise<boolean> {
  return fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  )
}

function startServer(environment: CliEnvironment, logPath: string): ChildProcess {
  const log = createWriteStream(logPath, { flags: 'a', mode: 0o600 })
  const server = spawn(process.execPath, [serverEntry(), 'up'], {
    env: { ...environment.inherited, FULCRUM_HOME: environment.dataDirectory },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C reaches a whole foreground group; in a session of its own the server is stopped by us alone, in order.
    detached: true,
  })
  server.stdout?.pipe(log, { end: false })
  server.stderr?.pipe(log, { end: false })
  return server
}

function readiness(server: ChildProcess): Promise<Ready> {
  return new Promise((resolve) => {
    server.on('message', (message: { ready?: Ready }) => {
      if (message.ready !== undefined) resolve(message.ready)
    })
  })
}

/** Resolves when the server process is gone; passes Ctrl-C and SIGTERM on to it, and kills it at the second Ctrl-C. */
function untilStopped(server: ChildProcess): Promise<{ asked: boolean; reason: string }> {
  let asked = 0
  const stop = (): void => {
    asked += 1
    if (asked === 1) process.stdout.write('\nStopping …\n')
    server.kill(asked === 1 ? 'SIGTERM' : 'SIGKILL')
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', (code, signal) => resolve({ asked: asked > 0 || code === 0, reason: signal ?? `exit code ${code}` }))
  })
}

async function lastLines(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-12).join('\n')
}

function openBrowser(url: string): void {
  const command = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref()
}
