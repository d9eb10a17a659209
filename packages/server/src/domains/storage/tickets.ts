import { nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { accountOf } from './accounts.ts'
import { createContainer } from './blob-store.ts'
import { parseDataUri } from './data-uri.ts'
import { longestSasMs, signSas } from './sas/sign.ts'

/** A signed place in this instance's storage, as Azure's clients take it. */
export interface BlobTicket {
  readonly blobUri: string
  readonly storageAccountArmId: string
  readonly credential: { readonly credentialType: 'SAS'; readonly sasUri: string }
}

interface Caller {
  readonly actor: Actor
  /** `https://host:port` as the client reached us. */
  readonly origin: string
}

/** A container of its own, owned by a workspace or registry, for the files of a version that is about to be made. */
export async function createUploadTicket(ctx: Context, ownerId: string, caller: Caller): Promise<BlobTicket> {
  const account = await accountOf(ctx.db.kysely, ownerId)
  const container = `upload-${ctx.ids.uuid()}`
  await createContainer(ctx.db.kysely, ctx, { account, container, ownerId })
  return ticket(ctx, ownerId, caller, { account, container, prefix: '', permissions: 'racwl' })
}

/** Reading what a URI of a workspace or registry names, and nothing beside it. @throws ResourceNotFound */
export async function createDownloadTicket(
  ctx: Context,
  request: { readonly ownerId: string; readonly uri: string },
  caller: Caller,
): Promise<BlobTicket> {
  const { account, container, path } = await parseDataUri(ctx, request.ownerId, request.uri)
  const own = /^(?:upload|share)-/.test(container)
  return ticket(ctx, request.ownerId, caller, { account, container, prefix: own ? '' : path, permissions: 'rl' })
}

/** A container of a registry for the files of one version. @returns the URI of its root */
export async function createSharePlace(tx: Executor, ctx: Context, registryId: string): Promise<string> {
  const account = await accountOf(tx, registryId)
  const container = `share-${ctx.ids.uuid()}`
  await createContainer(tx, ctx, { account, container, ownerId: registryId })
  return `azureml://registries/${nameOf(registryId)}/datastores/${container}/paths`
}

async function ticket(
  ctx: Context,
  ownerId: string,
  { actor, origin }: Caller,
  grant: { account: string; container: string; prefix: string; permissions: string },
): Promise<BlobTicket> {
  const owner = await ctx.resources.require(ownerId)
  const blobUri = ticketUrl(origin, grant)
  const sas = signSas(ctx, { ...grant, principalId: actor.id, lifetimeMs: longestSasMs })
  return {
    blobUri,
    storageAccountArmId: String(owner.properties['storageAccount'] ?? ''),
    credential: { credentialType: 'SAS', sasUri: `${blobUri}?${sas}` },
  }
}

/** The address of a container with one segment only: registry clients take the rest of a URL for the blob's name. */
export function ticketUrl(origin: string, { account, container }: { account: string; container: string }): string {
  return `${origin}/store.${account}.${container}`
}
