import { AppError, nameOf, registryComponentKinds, registryOperations, workspaceOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { DomainModule } from '../../domain.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { recordEndedOperation, renameAsyncOperation } from '../../kernel/operations/async-operations.ts'
import { findResource, presentResource } from '../../kernel/resources/index.ts'
import { isDataPlane, operationHeaders } from '../../kernel/resources/routes.ts'
import { componentVersionBehaviour } from '../jobs/index.ts'
import {
  containerBehaviour,
  createDownloadTicket,
  createUploadTicket,
  parseAssetId,
  registryDataPlane,
  resolveAssetUri,
} from '../storage/index.ts'
import { requireReadableAsset, requireWritable, type Asker } from './assets.ts'
import { importAsset } from './import-asset.ts'
import { resolvedUris } from './resolved-uris.ts'

/** Shared assets: tickets, shares, components of registries, resolved places. */
export function registriesDomain(ctx: Context): DomainModule {
  return {
    name: 'registries',
    behaviours: registryComponentKinds.map((kind) => ({
      ...(kind.type.endsWith('/versions') ? componentVersionBehaviour(kind) : containerBehaviour(kind)),
      ...registryDataPlane(ctx, kind),
    })),
    routes: [
      route(registryOperations.importAsset, (request) => importOne(ctx, request)),
      route(registryOperations.createUploadTicket, (request) => uploadTicket(ctx, request)),
      route(registryOperations.createDownloadTicket, (request) => downloadTicket(ctx, request)),
      route(registryOperations.dataResolvedUris, async (request) =>
        ok({
          values: await resolvedUris(ctx, askerOf(request), {
            workspaceId: request.scope,
            assetIds: request.body.values,
            member: 'uri',
          }),
        }),
      ),
      route(registryOperations.modelResolvedUris, async (request) =>
        ok({
          values: await resolvedUris(ctx, askerOf(request), {
            workspaceId: request.scope,
            assetIds: request.body.values,
            member: 'path',
          }),
        }),
      ),
      ...pendingUploads(ctx),
    ],
  }
}

interface ImportBody {
  readonly properties: { readonly sourceAssetId: string; readonly destinationName: string; readonly destinationVersion: string }
}

async function importOne(ctx: Context, request: ApiRequest<unknown, ImportBody>): Promise<ApiReply> {
  const { sourceAssetId, destinationName, destinationVersion } = request.body.properties
  const result = await importAsset(ctx, request.actor, {
    registryId: request.scope,
    sourceAssetId,
    name: destinationName,
    version: destinationVersion,
    requestId: request.id,
  })
  const { resource } = result
  if (result.operationId !== undefined) await renameAsyncOperation(ctx.db.kysely, result.operationId, 'import')
  const operationId =
    result.operationId ??
    (await recordEndedOperation(ctx.db.kysely, ctx, request.actor, { resourceId: resource.id, kind: 'import' }))
  const behaviour = ctx.resources.kinds.require(resource.type)
  const shown = presentResource(behaviour, resource)
  return {
    status: 202,
    headers: operationHeaders(request, resource.id, operationId),
    body: isDataPlane(request) ? ((await behaviour.presentDataPlane?.(shown, request.origin)) ?? shown) : shown,
  }
}

/** The version that a ticket is for: named in the body, and again in the path. */
async function ticketVersion(ctx: Context, request: ApiRequest<unknown, { readonly assetId: string }>): Promise<string> {
  const { assetId } = request.body
  const asset = await parseAssetId(ctx.db.kysely, request.scope, assetId).catch(() => undefined)
  const { assetName, assetVersion } = request.params
  const fits =
    asset !== undefined &&
    asset.ownerId.toLowerCase() === request.scope.toLowerCase() &&
    asset.name === assetName &&
    asset.version === assetVersion
  if (!fits)
    throw new AppError(
      'InvalidRequestContent',
      `assetId is '${assetId.slice(0, 300)}'; it must be azureml://registries/${nameOf(request.scope)}/<kind>/${assetName}/versions/${assetVersion}.`,
      { target: 'body.assetId' },
    )
  return `${request.scope}/${asset.kind}/${assetName}/versions/${assetVersion}`
}

const askerOf = ({ actor, id }: ApiRequest): Asker => ({ actor, requestId: id })

async function uploadTicket(ctx: Context, request: ApiRequest<unknown, { readonly assetId: string }>): Promise<ApiReply> {
  const id = await ticketVersion(ctx, request)
  await requireWritable(ctx, askerOf(request), id)
  if ((await findResource(ctx.db.kysely, id)) !== undefined)
    throw new AppError('ResourceAlreadyExists', `'${request.body.assetId}' exists already; choose another version.`, {
      target: 'body.assetId',
    })
  return ok({ blobReferenceForConsumption: await createUploadTicket(ctx, request.scope, request) })
}

async function downloadTicket(ctx: Context, request: ApiRequest<unknown, { readonly assetId: string }>): Promise<ApiReply> {
  const version = await requireReadableAsset(ctx, askerOf(request), await ticketVersion(ctx, request))
  const { uri } = await resolveAssetUri(ctx, request.scope, version.id)
  return ok({ blobReferenceForConsumption: await createDownloadTicket(ctx, { ownerId: request.scope, uri }, request) })
}

function pendingUploads(ctx: Context): Route[] {
  const start = async (request: ApiRequest): Promise<ApiReply> => {
    const body = request.body as { pendingUploadId?: string | null; pendingUploadType?: string | null }
    return ok({
      pendingUploadId: body.pendingUploadId ?? ctx.ids.uuid(),
      pendingUploadType: body.pendingUploadType ?? 'TemporaryBlobReference',
      blobReferenceForConsumption: await createUploadTicket(ctx, workspaceOf(request.scope) ?? '', request),
    })
  }
  return [
    route(registryOperations.modelsStartPendingUpload, start),
    route(registryOperations.environmentsStartPendingUpload, start),
    route(registryOperations.registryCodesStartPendingUpload, start),
    route(registryOperations.registryDataStartPendingUpload, start),
    route(registryOperations.registryEnvironmentsStartPendingUpload, start),
    route(registryOperations.registryModelsStartPendingUpload, start),
  ]
}
