import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CliEnvironment, readEnvironment } from './environment.ts'
import { UsageError } from './cli-errors.ts'

/** Where the platform answers and as whom to speak: `connection.json` of the instance on this host, or the profile of `fulcrum login`. */
export interface Connection {
  readonly apiUrl: string
  readonly gatewayUrl?: string
  /** The same API with TLS, and the authority that its certificate is signed by. */
  readonly httpsUrl?: string
  readonly authorityPath?: string
  readonly token: string
  readonly subscriptionId: string
  readonly tenantId?: string
  readonly supervisorPid?: number
  readonly processes?: readonly { role: string; pid?: number }[]
  /** Defaults of `--resource-group` and `--workspace-name`. */
  readonly resourceGroup?: string
  readonly workspace?: string
}

const profilePath = (environment: CliEnvironment): string => join(environment.dataDirectory, 'profile.json')

/** @throws UsageError when neither a profile nor a running instance is there */
export async function readConnection(environment: CliEnvironment = readEnvironment()): Promise<Connection> {
  const profile = await readJson<Partial<Connection>>(profilePath(environment))
  const local = await readJson<Connection>(join(environment.dataDirectory, 'connection.json'))
  const isLocal = profile?.apiUrl === undefined || profile.apiUrl === local?.apiUrl
  const base: Partial<Connection> = isLocal ? { ...local, ...profile } : profile
  const apiUrl = environment.url ?? base.apiUrl
  const token = environment.token ?? base.token
  if (apiUrl === undefined || token === undefined) {
    throw new UsageError(
      `No instance is known: there is no connection.json in '${environment.dataDirectory}'. Start one with 'fulcrum up', or sign in with 'fulcrum login --url … --token …'.`,
    )
  }
  const { httpsUrl: _httpsUrl, authorityPath: _authorityPath, ...elsewhere } = base
  return {
    ...(apiUrl === base.apiUrl ? base : elsewhere),
    apiUrl,
    token,
    subscriptionId: base.subscriptionId ?? '00000000-0000-0000-0000-000000000001',
  }
}

/** The instance on this host, as its supervisor described it. */
export async function readLocalConnection(environment: CliEnvironment = readEnvironment()): Promise<Connection | undefined> {
  return readJson<Connection>(join(environment.dataDirectory, 'connection.json'))
}

export async function readProfile(environment: CliEnvironment = readEnvironment()): Promise<Partial<Connection>> {
  return (await readJson<Partial<Connection>>(profilePath(environment))) ?? {}
}

export async function writeProfile(
  profile: Partial<Connection>,
  environment: CliEnvironment = readEnvironment(),
): Promise<string> {
  await mkdir(environment.dataDirectory, { recursive: true, mode: 0o700 })
  const path = profilePath(environment)
  await writeFile(path, `${JSON.stringify(profile, undefined, 2)}\n`, { mode: 0o600 })
  return path
}

async function readJson<Value>(path: string): Promise<Value | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as Value)
}
