import { createClient, type Client } from '@fulcrum/sdk'
import { readConnection, type Connection } from '../connection.ts'
import type { CliEnvironment } from '../environment.ts'
import type { Values } from './arguments/values.ts'
import { AzFailure, exits, usage } from './failure.ts'
import type { Settings } from './settings.ts'

/** Which instance a command speaks with, as whom, and the ids its flags and defaults stand for. */
export interface Place {
  readonly client: Client
  readonly apiUrl: string
  readonly token: string
  readonly subscriptionId: string
  readonly tenantId: string
  /** `-g`, else the default. @throws a usage failure when neither is known */
  resourceGroup(): string
  location(): string
  /** ARM id of the workspace of `-g` and `-w` or their defaults, else of the only one there is. */
  workspaceId(): Promise<string>
  /** ARM id of the registry of `--registry-name` when it was given, else of the workspace. */
  assetHome(): Promise<string>
  registryId(name: string): Promise<string>
}

const namespace = 'providers/Microsoft.MachineLearningServices'

export interface PlaceOptions {
  readonly environment: CliEnvironment
  readonly settings: Settings
  readonly values: Values
  /** Told of each request, for `--debug`. */
  readonly onRequest?: ((line: string) => void) | undefined
}

/** @throws AzFailure when nobody is signed in */
export async function openPlace({ environment, settings, values, onRequest }: PlaceOptions): Promise<Place> {
  const connection = await connect(environment, settings)
  const tenantId = connection.tenantId ?? '00000000-0000-0000-0000-000000000002'
  const client = createClient({
    baseUrl: connection.apiUrl,
    token: connection.token,
    ...(onRequest === undefined ? {} : { fetch: traced(onRequest) }),
  })
  const subscriptionId = await subscriptionOf(values.text('subscription'), client, connection)
  const group =
    values.text('resource-group') ?? settings.get('defaults', 'group') ?? environment.resourceGroup ?? connection.resourceGroup
  const workspace =
    values.text('workspace-name') ?? settings.get('defaults', 'workspace') ?? environment.workspace ?? connection.workspace
  const listed = async (type: string): Promise<string[]> => {
    const ids: string[] = []
    for await (const found of client.list(`/subscriptions/${subscriptionId}/${namespace}/${type}`)) ids.push(found.id)
    return ids
  }
  const workspaceId = async (): Promise<string> => {
    if (group !== undefined && workspace !== undefined) return idOf(subscriptionId, group, 'workspaces', workspace)
    const ids = (await listed('workspaces')).filter(
      (id) => (group === undefined || segment(id, 4) === group) && (workspace === undefined || segment(id, 8) === workspace),
    )
    const [only] = ids
    if (only !== undefined && ids.length === 1) return only
    const missing = [
      ...(group === undefined ? ['--resource-group/-g'] : []),
      ...(workspace === undefined ? ['--workspace-name/-w'] : []),
    ]
    throw usage(`the following arguments are required: ${missing.join(', ')}`, [
      `Set defaults with 'az configure --defaults group=<name> workspace=<name>'.${ids.length === 0 ? '' : ` You may read: ${ids.map((id) => id.slice(id.lastIndexOf('/') + 1)).join(', ')}.`}`,
    ])
  }
  const registryId = async (name: string): Promise<string> => {
    const found = (await listed('registries')).find((id) => id.toLowerCase().endsWith(`/registries/${name.toLowerCase()}`))
    if (found !== undefined) return found
    throw new AzFailure(`(ResourceNotFound) Registry '${name}' was not found.`, exits.missing)
  }
  return {
    client,
    apiUrl: connection.apiUrl,
    token: connection.token,
    subscriptionId,
    tenantId,
    resourceGroup() {
      if (group !== undefined) return group
      throw usage('the following arguments are required: --resource-group/-g', [
        "Set a default with 'az configure --defaults group=<name>'.",
      ])
    },
    location: () => values.text('location') ?? settings.get('defaults', 'location') ?? 'local',
    workspaceId,
    registryId,
    async assetHome() {
      const registry = values.text('registry-name')
      return registry === undefined ? workspaceId() : registryId(registry)
    },
  }
}

export function idOf(subscriptionId: string, group: string, type: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}/${namespace}/${type}/${encodeURIComponent(name)}`
}

/** A segment of an ARM id: 2 the subscription, 4 the group, 8 the name of the workspace. */
export function segment(id: string, index: number): string {
  return id.split('/')[index] ?? ''
}

async function connect(environment: CliEnvironment, settings: Settings): Promise<Connection> {
  const signIn = settings.signIn()
  if (signIn.isSignedOut === true) throw new AzFailure("Please run 'az login' to setup account.")
  const connection = await readConnection(environment).catch((error: unknown) => {
    if (signIn.apiUrl === undefined || signIn.token === undefined) throw error
    return { apiUrl: signIn.apiUrl, token: signIn.token, subscriptionId: signIn.subscriptionId ?? '' }
  })
  const token = signIn.token ?? connection.token
  return {
    ...connection,
    apiUrl: signIn.apiUrl ?? connection.apiUrl,
    token,
    subscriptionId: signIn.subscriptionId ?? connection.subscriptionId,
  }
}

/** A subscription by id or by name; by id without asking. */
async function subscriptionOf(wanted: string | undefined, client: Client, connection: Connection): Promise<string> {
  if (wanted === undefined || wanted === '' || wanted === connection.subscriptionId) return connection.subscriptionId
  const { value } = await client.get<{ value: { subscriptionId: string; displayName: string }[] }>('/subscriptions')
  const found = value.find((entry) =>
    [entry.subscriptionId, entry.displayName].some((name) => name.toLowerCase() === wanted.toLowerCase()),
  )
  if (found !== undefined) return found.subscriptionId
  const known = value.map((entry) => `${entry.displayName} (${entry.subscriptionId})`).join(', ')
  throw new AzFailure(`The subscription of '${wanted}' doesn't exist in cloud 'Fulcrum'.`, exits.failure, [`It has: ${known}.`])
}

function traced(onRequest: (line: string) => void): typeof fetch {
  return async (input, init) => {
    const startedAt = performance.now()
    const response = await fetch(input, init)
    const { pathname, search } = new URL(input instanceof Request ? input.url : String(input))
    onRequest(
      `${init?.method ?? 'GET'} ${pathname}${search.replace(/sig=[^&]+/, 'sig=…')} ${response.status} ${Math.round(performance.now() - startedAt)} ms`,
    )
    return response
  }
}
