import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import type { Config } from './config.ts'

/** One environment variable: its name, what it is for, its default as documented. */
interface Variable {
  readonly name: string
  readonly reason: string
  readonly fallback: string
}

/** Every variable the platform reads, with the reason it exists. `docs/configuration.md` is made from this list. */
export const variables: readonly Variable[] = [
  { name: 'FULCRUM_HOME', reason: 'Where the instance keeps its data, so that it can live on another disk.', fallback: '~/.fulcrum' },
  { name: 'FULCRUM_HTTP_HOST', reason: 'Address of the API and the studio; anything but loopback opens it to the network.', fallback: '127.0.0.1' },
  { name: 'FULCRUM_HTTP_PORT', reason: 'Port of the API and the studio.', fallback: '7180' },
  { name: 'FULCRUM_GATEWAY_HOST', reason: 'Address on which predictions are served.', fallback: '127.0.0.1' },
  { name: 'FULCRUM_GATEWAY_PORT', reason: 'Port on which predictions are served.', fallback: '7190' },
  { name: 'FULCRUM_DATABASE_URL', reason: 'PostgreSQL 15 or newer to use instead of the embedded one.', fallback: '(embedded)' },
  { name: 'FULCRUM_LOG_LEVEL', reason: 'How much the processes log: trace, debug, info, warn, error, silent.', fallback: 'info' },
  { name: 'FULCRUM_ISOLATION', reason: 'Isolation of local jobs: required refuses to run without it, best-effort records what was missing, none.', fallback: 'best-effort' },
  { name: 'FULCRUM_PYTHON', reason: 'Python 3.10 or newer that runs the job wrapper and builds environments.', fallback: 'python3' },
  { name: 'FULCRUM_WHEEL_DIRECTORIES', reason: 'Directories with wheels (separated by a colon) for builds without a network.', fallback: '(none)' },
  { name: 'FULCRUM_ALLOWED_HOSTS', reason: 'Host names, separated by commas, under which the server may be reached besides loopback.', fallback: '(none)' },
  { name: 'FULCRUM_SUBSCRIPTION_ID', reason: 'Subscription id in resource ids; set it to keep the ids of an Azure subscription.', fallback: '00000000-0000-0000-0000-000000000001' },
  { name: 'FULCRUM_TENANT_ID', reason: 'Tenant id that clients are shown.', fallback: '00000000-0000-0000-0000-000000000002' },
  { name: 'FULCRUM_MAX_CONCURRENT_JOBS', reason: 'Job processes at once on this host.', fallback: 'number of cores' },
]

export type Environment = Readonly<Record<string, string | undefined>>

/** Builds the configuration, reporting every mistake at once. @throws Error listing them */
export function configFromEnv(env: Environment = process.env): Config {
  const problems: string[] = []
  const integer = (name: string, fallback: number, minimum: number, maximum: number): number => {
    const text = env[name]
    if (text === undefined || text === '') return fallback
    const value = Number(text)
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
    problems.push(`${name} is '${text}'; it must be a whole number from ${minimum} to ${maximum}.`)
    return fallback
  }
  const oneOf = <Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice => {
    const text = env[name]
    if (text === undefined || text === '') return fallback
    const found = choices.find((choice) => choice === text)
    if (found === undefined) problems.push(`${name} is '${text}'; it must be one of ${choices.join(', ')}.`)
    return found ?? fallback
  }
  const list = (name: string, separator: string): string[] => (env[name] ?? '').split(separator).filter((entry) => entry.trim() !== '')
  const config: Config = {
    dataDirectory: env['FULCRUM_HOME'] || join(homedir(), '.fulcrum'),
    http: { host: env['FULCRUM_HTTP_HOST'] || '127.0.0.1', port: integer('FULCRUM_HTTP_PORT', 7180, 0, 65_535) },
    gateway: { host: env['FULCRUM_GATEWAY_HOST'] || '127.0.0.1', port: integer('FULCRUM_GATEWAY_PORT', 7190, 0, 65_535) },
    databaseUrl: env['FULCRUM_DATABASE_URL'] || undefined,
    logLevel: oneOf('FULCRUM_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'info'),
    isolation: oneOf('FULCRUM_ISOLATION', ['required', 'best-effort', 'none'], 'best-effort'),
    pythonExecutable: env['FULCRUM_PYTHON'] || 'python3',
    wheelDirectories: list('FULCRUM_WHEEL_DIRECTORIES', ':'),
    allowedHosts: list('FULCRUM_ALLOWED_HOSTS', ',').map((host) => host.trim().toLowerCase()),
    subscriptionId: env['FULCRUM_SUBSCRIPTION_ID'] || '00000000-0000-0000-0000-000000000001',
    tenantId: env['FULCRUM_TENANT_ID'] || '00000000-0000-0000-0000-000000000002',
    durable: true,
    engine: { pollIntervalMs: 250, maxConcurrentJobs: integer('FULCRUM_MAX_CONCURRENT_JOBS', availableParallelism(), 1, 1_000) },
  }
  if (problems.length > 0) throw new Error(`The configuration is not usable:\n  ${problems.join('\n  ')}`)
  return config
}

/** The table of `docs/configuration.md`. */
export function configurationTable(): string {
  const rows = variables.map(({ name, reason, fallback }) => `| \`${name}\` | ${fallback} | ${reason} |`)
  return ['| variable | default | why it exists |', '| --- | --- | --- |', ...rows].join('\n')
}
