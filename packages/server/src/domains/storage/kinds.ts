import { sql } from 'kysely'
import {
  codeContainerKinds,
  codeVersionKinds,
  conflict,
  dataContainerKinds,
  dataVersionKinds,
  datastoreKind,
  invalid,
  nameOf,
  storageAccountKind,
  workspaceOf,
} from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { sealWithRoot } from '../../kernel/secrets/index.ts'
import { mergeStatus, type KindBehaviour, type ResourceWrite, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { secureHostOf } from '../workspaces/index.ts'
import { accountNamedBy, accountOf, defaultContainers, ensureStorageAccount, findAccount, resourceGroupOf } from './accounts.ts'
import { containerBehaviour, versionBehaviour } from './asset-versions.ts'
import { requireStorageAccess } from './blob-access.ts'
import { createContainer, findContainer } from './blob-store.ts'
import { registryDataPlane } from './data-plane.ts'
import { artifactDatastore, defaultDatastore } from './data-uri.ts'
import { mirrorBehaviour } from './mirrors.ts'

/** What storage adds to its kinds. */
export function storageBehaviours(ctx: Context): KindBehaviour[] {
  return [
    accountBehaviour(ctx),
    mirrorBehaviour(ctx),
    datastoreBehaviour(ctx),
    ...[...dataContainerKinds, ...codeContainerKinds].map((kind) => ({
      ...containerBehaviour(kind),
      ...registryDataPlane(ctx, kind),
    })),
    ...dataVersionKinds.map((kind) =>
      versionBehaviour(kind, { immutableMembers: ['dataType', 'dataUri'], ...registryDataPlane(ctx, kind) }),
    ),
    ...codeVersionKinds.map((kind) => versionBehaviour(kind, { immutableMembers: ['codeUri'], ...registryDataPlane(ctx, kind) })),
  ]
}

function accountBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: storageAccountKind,
    async validate(tx, { id, existing }) {
      const taken = existing === undefined ? await findAccount(tx, nameOf(id)) : undefined
      if (taken !== undefined)
        throw conflict(`The storage account name '${nameOf(id)}' is taken; account names are unique on an instance.`, {
          code: 'ResourceAlreadyExists',
          target: 'name',
        })
    },
    async beforeDelete(tx, resource) {
      const user = await tx
        .selectFrom('resources')
        .select('display_id')
        .where('type', 'in', ['microsoft.machinelearningservices/workspaces', 'microsoft.machinelearningservices/registries'])
        .where(sql<boolean>`lower(properties->>'storageAccount') = ${resource.id.toLowerCase()}`)
        .executeTakeFirst()
      if (user !== undefined)
        throw conflict(`The storage account '${resource.name}' holds the files of '${user.display_id}'; delete that first.`, {
          target: resource.id,
        })
    },
    async afterDelete(tx, resource) {
      await tx.deleteFrom('blob_containers').where('account', '=', resource.name.toLowerCase()).execute()
    },
    present: (resource, origin) => {
      const { keyGenerations: _generations, ...status } = resource.status
      const endpoint = (kind: string) => `https://${secureHostOf(ctx, origin)}/store/${resource.name}.${kind}.core.windows.net/`
      return { ...resource.properties, ...status, primaryEndpoints: { blob: endpoint('blob'), dfs: endpoint('dfs') } }
    },
  }
}

function datastoreBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: datastoreKind,
    defaults: (write) => ({ ...write.body, properties: datastoreDefaults(ctx, write) }),
    validate: (tx, write) => validateDatastore(tx, ctx, write),
    async afterWrite(tx, resource) {
      await settleDatastore(tx, ctx, resource)
    },
    async beforeDelete(_tx, resource) {
      if ([defaultDatastore, artifactDatastore].includes(resource.name.toLowerCase()))
        throw conflict(`'${resource.name}' belongs to the workspace and cannot be deleted.`, { target: resource.id })
    },
    present: (resource, origin) => presentDatastore(ctx, resource, origin),
  }
}

/** Strips the address under which the account was shown, and seals secrets: what is stored never shows them. */
function datastoreDefaults(ctx: Context, { id, body, existing }: ResourceWrite): JsonObject {
  const { credentials, ...rest } = body.properties
  const { secrets, ...shown } = (typeof credentials === 'object' && credentials !== null ? credentials : {}) as JsonObject
  const account = rest['accountName']
  const given =
    typeof secrets === 'object' && secrets !== null ? Object.keys(secrets).filter((name) => name !== 'secretsType') : []
  const sealed =
    given.length > 0
      ? sealWithRoot(ctx.rootKey, Buffer.from(JSON.stringify(secrets)), ['datastore', id.toLowerCase()])
      : existing?.properties['sealedSecrets']
  return {
    ...rest,
    ...(typeof account === 'string' && account !== '' ? { accountName: nameOf(account).toLowerCase() } : {}),
    credentials: { credentialsType: 'None', ...shown },
    ...(sealed === undefined ? {} : { sealedSecrets: sealed }),
  }
}

const containerNamePattern = /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/

/** Stores that are no containers of an account: they are kept, and their data is never here. */
const foreignTypes = new Set(['AzureDataLakeGen1', 'OneLake', 'Hdfs'])

function isForeign(properties: JsonObject): boolean {
  return foreignTypes.has(String(properties['datastoreType']))
}

function containerIn(properties: JsonObject): unknown {
  return properties['containerName'] ?? properties['filesystem'] ?? properties['fileShareName']
}

/** Containers of somebody else's storage are attached only by who may read (and write) them. */
async function validateDatastore(tx: Executor, ctx: Context, write: ResourceWrite): Promise<void> {
  const { properties } = write.body
  if (isForeign(properties)) return
  const workspaceId = workspaceOf(write.id) ?? ''
  const container = containerIn(properties)
  if (typeof container !== 'string' || !containerNamePattern.test(container)) {
    throw invalid(`'${String(container ?? '')}' is no container name: 3 to 63 lower-case letters, digits and single hyphens.`, {
      target: 'properties.containerName',
    })
  }
  const own = await accountOf(tx, workspaceId)
  const account = typeof properties['accountName'] === 'string' ? properties['accountName'] : own
  if (account === own) {
    const owner = (await findContainer(tx, { account, container }))?.ownerId
    if (owner === undefined || owner === workspaceId.toLowerCase()) return
  }
  if (!isSamePlace(write, account, container)) await requireAttachable(tx, ctx, write, { account, container })
}

/** A write that changes neither the place nor the access needs no new permission. */
function isSamePlace({ existing, body }: ResourceWrite, account: string, container: string): boolean {
  return (
    existing !== undefined &&
    existing.properties['accountName'] === account &&
    containerIn(existing.properties) === container &&
    existing.properties['access'] === body.properties['access']
  )
}

/** Whoever may read the keys of an account could enter one; the data actions are the other way. */
async function requireAttachable(
  tx: Executor,
  ctx: Context,
  { actor, body }: ResourceWrite,
  place: { account: string; container: string },
): Promise<void> {
  const resource = await findAccount(tx, place.account)
  if (resource === undefined) return
  if (await ctx.authorization.allows(actor, 'Microsoft.Storage/storageAccounts/listKeys/action', 'control', resource.id)) return
  const request = { target: { ...place, name: '' }, requestId: '' }
  await requireStorageAccess(ctx, actor, { ...request, need: 'readBlob' })
  if (body.properties['access'] !== 'read') await requireStorageAccess(ctx, actor, { ...request, need: 'writeBlob' })
}

/** Fills in the account, creates the container, and notes whether the data is on this instance. */
async function settleDatastore(tx: Executor, ctx: Context, resource: StoredResource): Promise<void> {
  const { properties } = resource
  const workspaceId = workspaceOf(resource.id) ?? ''
  if (isForeign(properties)) {
    await mergeStatus(tx, resource.id, { local: false })
    return
  }
  const own = await accountOf(tx, workspaceId)
  const account = typeof properties['accountName'] === 'string' ? properties['accountName'] : own
  const container = String(containerIn(properties))
  const local = (await findAccount(tx, account)) !== undefined
  if (local) await createContainer(tx, ctx, { account, container, ...(account === own ? { ownerId: workspaceId } : {}) })
  await tx
    .updateTable('resources')
    .set({
      status: JSON.stringify({ ...resource.status, local }),
      properties: JSON.stringify({ ...properties, accountName: account }),
    })
    .where('id', '=', resource.id.toLowerCase())
    .execute()
}

/** Clients compose `https://{accountName}.blob.{suffix}/{container}`: with our address in front it leads to this instance. */
function presentDatastore(ctx: Context, resource: StoredResource, origin: string | undefined): JsonObject {
  const { sealedSecrets: _sealed, credentials, ...properties } = resource.properties
  const { local, ...status } = resource.status
  const address = {
    accountName: `${secureHostOf(ctx, origin)}/store/${String(properties['accountName'])}`,
    endpoint: 'core.windows.net',
    protocol: 'https',
  }
  return {
    isDefault: false,
    tags: {},
    properties: {},
    ...properties,
    ...status,
    ...(local === true ? address : {}),
    credentials:
      local === true
        ? { credentialsType: 'Sas', secrets: { secretsType: 'Sas' } }
        : { credentialsType: 'None', ...(credentials as JsonObject | undefined) },
  }
}

/** The two datastores that every workspace has; called in the transaction that creates it. */
export async function createDefaultDatastores(
  tx: Executor,
  ctx: Context,
  write: { workspace: StoredResource; actor: ResourceWrite['actor'] },
): Promise<void> {
  const { workspace, actor } = write
  const account = accountNamedBy(workspace, workspace.id)
  if ((await findAccount(tx, account)) === undefined) {
    await ensureStorageAccount(tx, ctx, {
      actor,
      resourceGroupId: resourceGroupOf(workspace.id),
      name: account,
      location: workspace.location,
    })
  }
  const containers = defaultContainers(workspace.id)
  for (const [name, containerName, isDefault] of [
    [defaultDatastore, containers.blobs, true],
    [artifactDatastore, containers.artifacts, false],
  ] as const) {
    const id = `${workspace.id}/datastores/${name}`
    if ((await ctx.resources.find(id, tx)) !== undefined) continue
    await createContainer(tx, ctx, { account, container: containerName, ownerId: workspace.id })
    await ctx.resources.putIn(tx, actor, {
      id,
      type: datastoreKind.type,
      body: {
        properties: {
          datastoreType: 'AzureBlob',
          accountName: account,
          containerName,
          isDefault,
          credentials: { credentialsType: 'None' },
        },
      },
    })
  }
}
