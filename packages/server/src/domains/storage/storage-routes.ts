import { blobOperations, isAppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { renderBlobError } from './blob/errors.ts'
import { StorageRequest, versionOf } from './blob/request.ts'
import { handleBlobRequest } from './blob/routes.ts'
import { renderPathError } from './dfs/errors.ts'
import { handleDataLakeRequest, isDataLakeRequest } from './dfs/routes.ts'

/** Every request below `/store`. */
export function storageRoutes(ctx: Context): Route[] {
  return Object.values(blobOperations).map((operation) => route(operation, (request) => answer(ctx, request)))
}

async function answer(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const reply = await replyTo(ctx, request)
  const clientId = request.headers['x-ms-client-request-id']
  const common = {
    'x-ms-version': versionOf(request.headers),
    ...(typeof clientId === 'string' && /^[\x20-\x7e]{1,1024}$/.test(clientId) ? { 'x-ms-client-request-id': clientId } : {}),
  }
  return { ...reply, headers: { ...reply.headers, ...common } }
}

async function replyTo(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  let isDataLake = false
  try {
    const asked = new StorageRequest(request)
    isDataLake = await isDataLakeRequest(ctx, asked)
    return await (isDataLake ? handleDataLakeRequest(ctx, asked) : handleBlobRequest(ctx, asked))
  } catch (error) {
    // Rendered here, so that refusals carry the headers that clients match answers by.
    if (isAppError(error) && error.status < 500) return (isDataLake ? renderPathError : renderBlobError)(error, request.id)
    throw error
  }
}
