import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OutcomeError } from '../cli-errors.ts'
import { readLocalConnection } from '../connection.ts'
import { type CliEnvironment, readEnvironment } from '../environment.ts'
import { installDirectory } from '../install-directory.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { isPortFree } from './ports.ts'

interface Finding {
  readonly check: string
  readonly verdict: 'ok' | 'warning' | 'problem'
  readonly finding: string
}

const smallestFreeBytes = 5 * 1024 ** 3

/** Finds out, by doing, what this host can do, and says what to mend. @throws OutcomeError when a check is a problem */
export async function doctor(options: GlobalOptions): Promise<void> {
  const environment = readEnvironment()
  const parts = await Promise.all([
    checkNode(),
    checkPython(environment),
    checkDatabase(environment),
    checkDisk(environment),
    checkPorts(environment),
    checkIsolation(environment),
  ])
  const findings = parts.flat()
  await print(findings, options)
  const problems = findings.filter((finding) => finding.verdict === 'problem')
  if (problems.length > 0)
    throw new OutcomeError(
      `${problems.length} of ${findings.length} checks failed: ${problems.map((problem) => problem.check).join(', ')}.`,
    )
}

function checkNode(): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major > 20 || (major === 20 && minor >= 19)
  return [
    {
      check: 'node',
      verdict: fits ? 'ok' : 'problem',
      finding: `${process.versions.node}${fits ? '' : '; 20.19 or newer is needed'}`,
    },
  ]
}

async function checkPython(environment: CliEnvironment): Promise<Finding[]> {
  const answer = await run(environment.python, ['-c', 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])'])
  if (answer === undefined) {
    return [
      {
        check: 'python',
        verdict: 'problem',
        finding: `'${environment.python}' does not run, or lacks venv; install Python 3.10 or newer with venv, or set FULCRUM_PYTHON`,
      },
    ]
  }
  const [major = 0, minor = 0] = answer.trim().split('.').map(Number)
  const fits = major === 3 && minor >= 10
  const uv = await run('uv', ['--version'])
  return [
    { check: 'python', verdict: fits ? 'ok' : 'problem', finding: `${answer.trim()}${fits ? '' : '; 3.10 or newer is needed'}` },
    { check: 'uv', verdict: 'ok', finding: uv?.trim() ?? 'not installed; environments are built with venv and pip' },
  ]
}

async function checkDatabase(environment: CliEnvironment): Promise<Finding[]> {
  const connection = await readLocalConnection(environment)
  const kind = environment.databaseUrl === undefined ? 'embedded PostgreSQL' : 'external PostgreSQL (FULCRUM_DATABASE_URL)'
  const answers =
    connection !== undefined &&
    (await fetch(`${connection.apiUrl}/health`, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.ok,
      () => false,
    ))
  return [
    {
      check: 'database',
      verdict: 'ok',
      finding: `${kind}; ${answers ? 'the server on it answers' : 'no server runs on it now'}`,
    },
  ]
}

async function checkDisk(environment: CliEnvironment): Promise<Finding[]> {
  const place = await existing(environment.dataDirectory)
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${place}`
  return [
    {
      check: 'disk',
      verdict: free >= smallestFreeBytes ? 'ok' : 'warning',
      finding: free >= smallestFreeBytes ? text : `${text}; environments and data need about 5 GiB`,
    },
  ]
}

async function existing(path: string): Promise<string> {
  const found = await statfs(path).then(
    () => true,
    () => false,
  )
  return found || path === dirname(path) ? path : existing(dirname(path))
}

async function checkPorts(environment: CliEnvironment): Promise<Finding[]> {
  const connection = await readLocalConnection(environment)
  const ours = new Set(
    [connection?.apiUrl, connection?.httpsUrl, connection?.gatewayUrl].flatMap((url) =>
      url === undefined ? [] : [Number(new URL(url).port)],
    ),
  )
  const check = async (name: string, port: number, variable: string): Promise<Finding> => {
    if (await isPortFree(port)) return { check: name, verdict: 'ok', finding: `${port} is free` }
    return ours.has(port)
      ? { check: name, verdict: 'ok', finding: `${port} is used by this instance` }
      : {
          check: name,
          verdict: 'problem',
          finding: `${port} is used by another program; set ${variable}`,
        }
  }
  return Promise.all([
    check('api port', environment.apiPort, 'FULCRUM_HTTP_PORT'),
    check('https port', environment.httpsPort, 'FULCRUM_HTTPS_PORT'),
    check('gateway port', environment.gatewayPort, 'FULCRUM_GATEWAY_PORT'),
  ])
}

interface Probe {
  readonly bubblewrap: { readonly available: boolean; readonly reasons: readonly string[] }
  readonly networkIsolation: { readonly available: boolean; readonly reasons: readonly string[] }
  readonly cgroup: {
    readonly version: string | null
    readonly limits: Readonly<Record<string, unknown>>
    readonly reasons: readonly string[]
  }
  readonly processors: number
  readonly memoryBytes: number
}

async function checkIsolation(environment: CliEnvironment): Promise<Finding[]> {
  const text = await run(environment.python, ['-m', 'fulcrum_runtime.probe'], { PYTHONPATH: join(installDirectory(), 'python') })
  if (text === undefined) return [{ check: 'isolation', verdict: 'warning', finding: 'could not be probed: Python does not run' }]
  const probe = JSON.parse(text) as Probe
  const limits = Object.keys(probe.cgroup.limits)
  return [
    verdictOf(
      'isolation of jobs',
      probe.bubblewrap.available,
      'bubblewrap works',
      `jobs run without bubblewrap: ${probe.bubblewrap.reasons.join('; ')}`,
    ),
    verdictOf(
      'isolation of the network',
      probe.networkIsolation.available,
      'jobs can be cut off the network',
      `not possible: ${probe.networkIsolation.reasons.join('; ') || 'needs bubblewrap'}`,
    ),
    verdictOf(
      'limits of jobs',
      limits.length > 0,
      `cgroup ${probe.cgroup.version}: ${limits.join(', ')}`,
      `no cgroup limits: ${probe.cgroup.reasons.join('; ')}`,
    ),
    {
      check: 'processors and memory',
      verdict: 'ok',
      finding: `${probe.processors} processors, ${(probe.memoryBytes / 1024 ** 3).toFixed(1)} GiB`,
    },
  ]
}

function verdictOf(check: string, available: boolean, good: string, bad: string): Finding {
  return { check, verdict: available ? 'ok' : 'warning', finding: available ? good : bad }
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], { timeout: 30_000, env: { ...readEnvironment().inherited, ...env } }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    )
  })
}
