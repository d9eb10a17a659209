import { createHash } from 'node:crypto'
import { conflict, isWithinScope, nameOf, parseArmId } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'

export const storageAccountType = 'Microsoft.Storage/storageAccounts'

const short = (text: string): string => createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 18)

/** The account of a workspace or registry that names none: the same in every process, unique by its id. */
export function defaultAccountName(scopeId: string): string {
  return `st${short(scopeId)}`
}

/** The two containers of a workspace or registry. Their names carry its id, so that several may share an account. */
export function defaultContainers(scopeId: string): { readonly blobs: string; readonly artifacts: string } {
  return { blobs: `azureml-blobstore-${short(scopeId)}`, artifacts: `azureml-${short(scopeId)}` }
}

/** The account that holds the files of a workspace or registry. */
export async function accountOf(db: Executor, scopeId: string): Promise<string> {
  return accountNamedBy(await findResource(db, scopeId), scopeId)
}

export function accountNamedBy(resource: StoredResource | undefined, scopeId: string): string {
  const named = resource?.properties['storageAccount'] ?? resource?.status['storageAccount']
  return typeof named === 'string' && named !== '' ? nameOf(named).toLowerCase() : defaultAccountName(scopeId)
}

/** The resource of an account by its name; names are unique on an instance. */
export async function findAccount(db: Executor, name: string): Promise<StoredResource | undefined> {
  const row = await db
    .selectFrom('resources')
    .select('id')
    .where('type', '=', storageAccountType.toLowerCase())
    .where('name', '=', name.toLowerCase())
    .executeTakeFirst()
  return row === undefined ? undefined : findResource(db, row.id)
}

/**
 * Makes sure that a storage account exists; idempotent.
 * @returns its resource id
 * @throws Conflict the name is taken in another resource group
 */
export async function ensureStorageAccount(
  tx: Executor,
  ctx: Context,
  entry: {
    readonly actor: Actor
    readonly resourceGroupId: string
    readonly name: string
    readonly location?: string | undefined
  },
): Promise<string> {
  const id = `${entry.resourceGroupId}/providers/${storageAccountType}/${entry.name.toLowerCase()}`
  const existing = await findAccount(tx, entry.name)
  if (existing !== undefined) {
    if (isWithinScope(existing.id, entry.resourceGroupId)) return existing.id
    throw conflict(`The storage account name '${entry.name}' is taken; account names are unique on an instance.`, {
      code: 'ResourceAlreadyExists',
      target: entry.name,
    })
  }
  const body = { location: entry.location ?? 'local', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} }
  return (await ctx.resources.putIn(tx, entry.actor, { id, type: storageAccountType, body })).resource.id
}

export function resourceGroupOf(id: string): string {
  const parsed = parseArmId(id)
  return `/subscriptions/${parsed?.subscriptionId}/resourceGroups/${parsed?.resourceGroup}`
}
