import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The only place of the command line that reads environment variables. */
export interface CliEnvironment {
  readonly dataDirectory: string
  readonly apiPort: number
  readonly httpsPort: number
  readonly gatewayPort: number
  readonly python: string
  readonly databaseUrl: string | undefined
  /** What started processes inherit. */
  readonly inherited: NodeJS.ProcessEnv
  /** Overrides of the profile: FULCRUM_URL and FULCRUM_TOKEN. */
  readonly url: string | undefined
  readonly token: string | undefined
  readonly resourceGroup: string | undefined
  readonly workspace: string | undefined
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): CliEnvironment {
  return {
    dataDirectory: resolve(env['FULCRUM_HOME'] || join(homedir(), '.fulcrum')),
    apiPort: Number(env['FULCRUM_HTTP_PORT'] || 7180),
    httpsPort: Number(env['FULCRUM_HTTPS_PORT'] || 7443),
    gatewayPort: Number(env['FULCRUM_GATEWAY_PORT'] || 7190),
    python: env['FULCRUM_PYTHON'] || 'python3',
    databaseUrl: env['FULCRUM_DATABASE_URL'],
    inherited: env,
    url: env['FULCRUM_URL'],
    token: env['FULCRUM_TOKEN'],
    resourceGroup: env['FULCRUM_RESOURCE_GROUP'],
    workspace: env['FULCRUM_WORKSPACE'],
  }
}
