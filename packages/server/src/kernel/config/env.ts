import { availableParallelism, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Config } from './config.ts'
import { EnvironmentReader } from './environment-reader.ts'
import { defaultOf, type Environment, variables } from './variables.ts'

/**
 * Builds the configuration from the environment, with the defaults of {@link variables}.
 * @throws Error listing every mistake at once, each with the variable's name, its value and what it must be
 */
export function configFromEnv(env: Environment = process.env): Config {
  const reader = new EnvironmentReader(env)
  const config: Config = {
    dataDirectory: resolve(reader.text('FULCRUM_HOME', join(homedir(), '.fulcrum'))),
    http: { host: reader.host('FULCRUM_HTTP_HOST'), port: reader.integer('FULCRUM_HTTP_PORT', { minimum: 0, maximum: 65_535 }) },
    gateway: {
      host: reader.host('FULCRUM_GATEWAY_HOST'),
      port: reader.integer('FULCRUM_GATEWAY_PORT', { minimum: 0, maximum: 65_535 }),
    },
    databaseUrl: reader.databaseUrl('FULCRUM_DATABASE_URL'),
    logLevel: reader.oneOf('FULCRUM_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    isolation: reader.oneOf('FULCRUM_ISOLATION', ['required', 'best-effort', 'none']),
    pythonExecutable: reader.text('FULCRUM_PYTHON', defaultOf('FULCRUM_PYTHON')),
    wheelDirectories: reader.list('FULCRUM_WHEEL_DIRECTORIES', ':').map((directory) => resolve(directory)),
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
  }
  if (config.http.port !== 0 && config.http.port === config.gateway.port && config.http.host === config.gateway.host) {
    reader.problem(`FULCRUM_HTTP_PORT and FULCRUM_GATEWAY_PORT are both ${config.http.port}; give each a port of its own.`)
  }
  reader.throwProblems()
  return config
}

/** The table of `docs/configuration.md`. */
export function configurationTable(): string {
  const rows = variables.map(({ name, reason, fallback }) => `| \`${name}\` | ${fallback} | ${reason} |`)
  return ['| variable | default | why it exists |', '| --- | --- | --- |', ...rows].join('\n')
}
