import type { Context } from '../../context.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { driftStatus } from './planned-version.ts'
import { curatedVersion } from './resolve-environment.ts'

/** Azure's curated environments as a workspace shows them under `environments/AzureML-…`, where there is no asset of that name. */

const address = /^(\/subscriptions\/.+\/workspaces\/[^/]+)\/environments\/(AzureML-[^/]+)\/versions\/(\d{1,9})$/i

interface Curated {
  readonly workspaceId: string
  readonly name: string
  readonly version: string
}

async function curatedAt(ctx: Context, id: string): Promise<Curated | undefined> {
  const [, workspaceId = '', name = '', version = ''] = address.exec(id) ?? []
  return workspaceId === '' || (await findResource(ctx.db.kysely, workspaceId)) === undefined
    ? undefined
    : { workspaceId, name, version }
}

/** The version that stands for a curated environment; `undefined` when nothing does. */
export async function curatedVersionAt(ctx: Context, id: string): Promise<StoredResource | undefined> {
  const found = await curatedAt(ctx, id)
  if (found === undefined) return undefined
  const { workspaceId, name, version } = found
  const curated = name.slice('AzureML-'.length)
  const standIn = await curatedVersion(ctx.db.kysely, { workspaceId, reference: `azureml:${name}`, curated }).catch(
    () => undefined,
  )
  if (standIn === undefined) return undefined
  return {
    ...standIn,
    id: `${workspaceId}/environments/${name}/versions/${version}`,
    type: 'Microsoft.MachineLearningServices/workspaces/environments/versions',
    name: version,
    properties: { ...standIn.properties, environmentType: 'Curated', osType: 'Linux' },
    status: { provisioningState: 'Succeeded', ...(await driftStatus(ctx, ctx.db.kysely, standIn)) },
  }
}

/** The container of the same. */
export async function curatedContainerAt(ctx: Context, id: string): Promise<StoredResource | undefined> {
  const version = await curatedVersionAt(ctx, `${id}/versions/1`)
  if (version === undefined) return undefined
  return {
    ...version,
    id,
    type: 'Microsoft.MachineLearningServices/workspaces/environments',
    name: id.slice(id.lastIndexOf('/') + 1),
    properties: {},
    status: { provisioningState: 'Succeeded', latestVersion: '1', nextVersion: '2' },
  }
}
