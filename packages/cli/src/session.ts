import { workspaceId } from '@fulcrum/contract'
import { createClient, type Client } from '@fulcrum/sdk'
import { type Connection, readConnection } from './connection.ts'
import { readEnvironment } from './environment.ts'
import type { GlobalOptions } from './program-options.ts'
import { UsageError } from './cli-errors.ts'

/** What a command needs to speak with the platform: the client, and the ids its options stand for. */
export interface Session {
  readonly client: Client
  readonly connection: Connection
  readonly subscriptionId: string
  /** ARM id of the workspace of `-g` and `-w`, or of the only workspace there is. */
  workspace(): Promise<string>
  resourceGroup(): string
}

export async function openSession(options: GlobalOptions): Promise<Session> {
  const environment = readEnvironment()
  const connection = await readConnection(environment)
  const client = createClient({ baseUrl: connection.apiUrl, token: connection.token })
  const subscriptionId = options.subscription ?? connection.subscriptionId
  const group = options.resourceGroup ?? environment.resourceGroup ?? connection.resourceGroup
  const workspace = options.workspaceName ?? environment.workspace ?? connection.workspace
  return {
    client,
    connection,
    subscriptionId,
    resourceGroup() {
      if (group === undefined)
        throw new UsageError("Which resource group? Give --resource-group, or set a default with 'fulcrum configure -g …'.")
      return group
    },
    async workspace() {
      if (group !== undefined && workspace !== undefined) return workspaceId(subscriptionId, group, workspace)
      return findWorkspace(client, subscriptionId, group, workspace)
    },
  }
}

async function findWorkspace(
  client: Client,
  subscriptionId: string,
  group: string | undefined,
  name: string | undefined,
): Promise<string> {
  const found: string[] = []
  for await (const entry of client.list(
    `/subscriptions/${subscriptionId}/providers/Microsoft.MachineLearningServices/workspaces`,
  )) {
    const inGroup = group === undefined || entry.id.toLowerCase().includes(`/resourcegroups/${group.toLowerCase()}/`)
    if (inGroup && (name === undefined || entry.name.toLowerCase() === name.toLowerCase())) found.push(entry.id)
  }
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (only === undefined)
    throw new UsageError(name === undefined ? 'There is no workspace that you may read.' : `Workspace '${name}' was not found.`)
  const names = found.map((id) => id.slice(id.lastIndexOf('/') + 1)).join(', ')
  throw new UsageError(
    `Which workspace? Give --workspace-name, or set a default with 'fulcrum configure -w …'. You may read: ${names}.`,
  )
}
