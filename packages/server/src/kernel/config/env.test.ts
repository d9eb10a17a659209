import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configFromEnv, configurationTable } from './env.ts'
import { type Environment, variables } from './variables.ts'

function problemsOf(env: Environment): string {
  try {
    configFromEnv(env)
  } catch (error) {
    return String(error)
  }
  return 'accepted'
}

describe('configFromEnv', () => {
  it('needs nothing: everything has a default, bound to loopback and durable', () => {
    expect(configFromEnv({})).toMatchObject({
      dataDirectory: join(homedir(), '.fulcrum'),
      http: { host: '127.0.0.1', port: 7180 },
      gateway: { host: '127.0.0.1', port: 7190 },
      databaseUrl: undefined,
      logLevel: 'info',
      isolation: 'best-effort',
      wheelDirectories: [],
      allowedHosts: [],
      subscriptionId: '00000000-0000-0000-0000-000000000001',
      durable: true,
    })
    expect(configFromEnv(Object.fromEntries(variables.map(({ name }) => [name, ' '])))).toEqual(configFromEnv({}))
  })

  it('reads every variable of the table, and no other', () => {
    const asked = new Set<string | symbol>()
    configFromEnv(new Proxy<Environment>({}, { get: (_, name) => void asked.add(name) }))
    expect([...asked].sort()).toEqual(variables.map(({ name }) => name).sort())
  })

  it('takes what was given, paths made absolute and names in lower case', () => {
    const config = configFromEnv({
      FULCRUM_HOME: 'data',
      FULCRUM_HTTP_HOST: '::',
      FULCRUM_HTTP_PORT: '0',
      FULCRUM_DATABASE_URL: 'postgresql://fulcrum:p%40ss@db.example/fulcrum',
      FULCRUM_ISOLATION: 'required',
      FULCRUM_WHEEL_DIRECTORIES: '/wheels:more',
      FULCRUM_ALLOWED_HOSTS: 'ML.example.com, 10.0.0.7,',
      FULCRUM_SUBSCRIPTION_ID: 'AAAAAAAA-0000-0000-0000-000000000001',
      FULCRUM_MAX_CONCURRENT_JOBS: '3',
    })
    expect(config).toMatchObject({
      dataDirectory: join(process.cwd(), 'data'),
      http: { host: '::', port: 0 },
      databaseUrl: 'postgresql://fulcrum:p%40ss@db.example/fulcrum',
      isolation: 'required',
      wheelDirectories: ['/wheels', join(process.cwd(), 'more')],
      allowedHosts: ['ml.example.com', '10.0.0.7'],
      subscriptionId: 'aaaaaaaa-0000-0000-0000-000000000001',
      engine: { maxConcurrentJobs: 3 },
    })
  })

  it('reports all mistakes at once', () => {
    const problems = problemsOf({
      FULCRUM_HTTP_PORT: '70000',
      FULCRUM_GATEWAY_HOST: 'http://x:80',
      FULCRUM_GATEWAY_PORT: '0x50',
      FULCRUM_DATABASE_URL: 'mysql://root:canary@db/x',
      FULCRUM_LOG_LEVEL: 'inof',
      FULCRUM_ALLOWED_HOSTS: 'good.example,*.evil.example',
      FULCRUM_TENANT_ID: 'contoso',
      FULCRUM_MAX_CONCURRENT_JOBS: '0',
    })
    expect(problems.split('\n  ').slice(1)).toEqual([
      "FULCRUM_HTTP_PORT is '70000'; it must be a whole number from 0 to 65535.",
      "FULCRUM_GATEWAY_HOST is 'http://x:80'; it must be an IP address or a host name, without scheme and port.",
      "FULCRUM_GATEWAY_PORT is '0x50'; it must be a whole number from 0 to 65535.",
      expect.stringContaining('FULCRUM_DATABASE_URL is not a PostgreSQL URL'),
      "FULCRUM_LOG_LEVEL is 'inof'; it must be one of trace, debug, info, warn, error, silent (did you mean 'info'?).",
      "FULCRUM_ALLOWED_HOSTS is '*.evil.example'; it must be host names separated by commas, without scheme, port and wildcard.",
      "FULCRUM_TENANT_ID is 'contoso'; it must be a GUID.",
      "FULCRUM_MAX_CONCURRENT_JOBS is '0'; it must be a whole number from 1 to 1000.",
    ])
    expect(problems).not.toContain('canary')
  })

  it('refuses one port for two servers', () => {
    expect(problemsOf({ FULCRUM_HTTP_PORT: '8000', FULCRUM_GATEWAY_PORT: '8000' })).toContain('are both 8000')
    expect(problemsOf({ FULCRUM_HTTP_PORT: '0', FULCRUM_GATEWAY_PORT: '0' })).toBe('accepted')
  })
})

describe('docs/configuration.md', () => {
  it('holds the table of the variables as they are', async () => {
    const document = await readFile(join(import.meta.dirname, '../../../../../docs/configuration.md'), 'utf8')
    expect(document).toContain(configurationTable())
  })
})
