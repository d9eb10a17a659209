import { availableParallelism, homedir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import type { Config } from './config.ts'
import { EnvironmentReader } from './environment-reader.ts'
import { gpusOfHost } from './host-gpus.ts'
import { defaultOf, type Environment, variables } from './variables.ts'

const megabyte = 1024 * 1024

/**
 * Builds the configuration from the environment, with the defaults of {@link variables}.
 * @throws Error listing every mistake at once, each with the variable's name, its value and what it must be
 */
export function configFromEnv(env: Environment = process.env): Config {
  const reader = new EnvironmentReader(env)
  const config: Config = {
    dataDirectory: resolve(reader.text('FULCRUM_HOME', join(homedir(), '.fulcrum'))),
    http: { host: reader.host('FULCRUM_HTTP_HOST'), port: reader.integer('FULCRUM_HTTP_PORT', { minimum: 0, maximum: 65_535 }) },
    https: {
      port: reader.integer('FULCRUM_HTTPS_PORT', { minimum: 0, maximum: 65_535 }),
      certificate: ownCertificate(reader),
    },
    gateway: {
      host: reader.host('FULCRUM_GATEWAY_HOST'),
      port: reader.integer('FULCRUM_GATEWAY_PORT', { minimum: 0, maximum: 65_535 }),
    },
    databaseUrl: reader.databaseUrl('FULCRUM_DATABASE_URL'),
    logLevel: reader.oneOf('FULCRUM_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    isolation: reader.oneOf('FULCRUM_ISOLATION', ['required', 'best-effort', 'none']),
    pythonExecutable: reader.text('FULCRUM_PYTHON', defaultOf('FULCRUM_PYTHON')),
    wheelDirectories: reader.list('FULCRUM_WHEEL_DIRECTORIES', ':').map((directory) => resolve(directory)),
    interpreters: reader.list('FULCRUM_INTERPRETERS', ':').map((path) => resolve(path)),
    environmentsLimitBytes: reader.integer('FULCRUM_ENVIRONMENTS_LIMIT_GB', { minimum: 0, maximum: 1_000_000 }) * 1e9,
    environmentDrift: reader.oneOf('FULCRUM_ENVIRONMENT_DRIFT', ['allow', 'refuse']),
    externalInputs: reader.oneOf('FULCRUM_EXTERNAL_INPUTS', ['refuse', 'allow']),
    allowedHosts: reader.hostNames('FULCRUM_ALLOWED_HOSTS'),
    subscriptionId: reader.guid('FULCRUM_SUBSCRIPTION_ID'),
    tenantId: reader.guid('FULCRUM_TENANT_ID'),
    durable: true,
    engine: {
      pollIntervalMs: 250,
      maxConcurrentJobs: reader.integer('FULCRUM_MAX_CONCURRENT_JOBS', {
        minimum: 1,
        maximum: 1_000,
        fallback: availableParallelism(),
      }),
    },
    host: {
      cores: reader.integer('FULCRUM_CORES', { minimum: 1, maximum: 100_000, fallback: availableParallelism() }),
      memoryBytes:
        reader.integer('FULCRUM_MEMORY_MEGABYTES', {
          minimum: 64,
          maximum: 1_000_000_000,
          fallback: Math.floor(totalmem() / megabyte),
        }) * megabyte,
      gpus: gpus(reader),
    },
  }
  refuseSharedPorts(reader, [
    { name: 'FULCRUM_HTTP_PORT', ...config.http },
    { name: 'FULCRUM_HTTPS_PORT', host: config.http.host, port: config.https.port },
    { name: 'FULCRUM_GATEWAY_PORT', ...config.gateway },
  ])
  reader.throwProblems()
  return config
}

function gpus(reader: EnvironmentReader): readonly string[] {
  const listed = reader.list('FULCRUM_GPUS', ',')
  if (listed.length === 0) return gpusOfHost()
  return listed.length === 1 && listed[0]?.toLowerCase() === 'none' ? [] : [...new Set(listed)]
}

function ownCertificate(reader: EnvironmentReader): Config['https']['certificate'] {
  const certificatePath = reader.text('FULCRUM_TLS_CERTIFICATE', '')
  const keyPath = reader.text('FULCRUM_TLS_KEY', '')
  if (certificatePath === '' && keyPath === '') return undefined
  if (certificatePath !== '' && keyPath !== '') return { certificatePath: resolve(certificatePath), keyPath: resolve(keyPath) }
  const [given, missing] =
    keyPath === '' ? ['FULCRUM_TLS_CERTIFICATE', 'FULCRUM_TLS_KEY'] : ['FULCRUM_TLS_KEY', 'FULCRUM_TLS_CERTIFICATE']
  reader.problem(`${given} is set without ${missing}; a certificate needs both.`)
  return undefined
}

function refuseSharedPorts(reader: EnvironmentReader, listeners: readonly { name: string; host: string; port: number }[]): void {
  for (const [index, listener] of listeners.entries()) {
    const other = listeners.slice(index + 1).find(({ host, port }) => host === listener.host && port === listener.port)
    if (other !== undefined && listener.port !== 0)
      reader.problem(`${listener.name} and ${other.name} are both ${listener.port}; give each a port of its own.`)
  }
}

/** The table of `docs/configuration.md`. */
export function configurationTable(): string {
  const rows = variables.map(({ name, reason, fallback }) => `| \`${name}\` | ${fallback} | ${reason} |`)
  return ['| variable | default | why it exists |', '| --- | --- | --- |', ...rows].join('\n')
}
