import { notFound, workspaceOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { openWithRoot } from '../../kernel/secrets/index.ts'
import { resolveDatastore } from './data-uri.ts'
import { longestSasMs, signSas } from './sas/sign.ts'
import { createUploadTicket } from './tickets.ts'

/** Secrets of a datastore: a signature for one of this instance, what was entered for another. */
export async function listSecrets(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const resource = await ctx.resources.require(request.scope)
  if (resource.status['local'] !== true) {
    const sealed = resource.properties['sealedSecrets']
    if (typeof sealed !== 'string') throw notFound('Secret', resource.name, 'This datastore was created without credentials.')
    return ok(JSON.parse(openWithRoot(ctx.rootKey, sealed, ['datastore', resource.id.toLowerCase()]).toString('utf8')))
  }
  const workspaceId = resource.id.slice(0, resource.id.toLowerCase().lastIndexOf('/datastores/'))
  const { account, container, readOnly } = await resolveDatastore(ctx.db.kysely, workspaceId, resource.name)
  const sasToken = signSas(ctx, {
    account,
    container,
    prefix: '',
    permissions: readOnly ? 'rl' : 'racwdl',
    principalId: request.actor.id,
    lifetimeMs: longestSasMs,
  })
  return ok({ secretsType: 'Sas', sasToken })
}

/** A container of its own for the files of a version that is about to be made, with a signature to fill it. */
export async function startPendingUpload(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { pendingUploadId = ctx.ids.uuid(), pendingUploadType = 'TemporaryBlobReference' } = (request.body ?? {}) as {
    pendingUploadId?: string
    pendingUploadType?: string
  }
  return ok({
    pendingUploadId,
    pendingUploadType,
    blobReferenceForConsumption: await createUploadTicket(ctx, workspaceOf(request.scope) ?? '', request),
  })
}
