import { AppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { callGateway } from '../../gateway/gateway-client.ts'
import { endpointPath } from '../../gateway/snapshot.ts'
import type { ApiReply, ApiRequest } from '../../kernel/http/index.ts'
import { issueEndpointToken } from './endpoint-keys.ts'
import { liveGateways } from './serving-store.ts'
import { namesOf } from './types.ts'

const passedOn = ['content-type', 'x-ms-client-request-id', 'traceparent', 'azureml-model-deployment'] as const
const passedBack = /^(?:content-type|server-timing|x-ms-.*|ms-azureml-.*|azureml-model-deployment|retry-after)$/

/** Scores with a token of the platform's own: whoever may call this operation needs no key. */
export async function scoreThroughGateway(
  ctx: Context,
  request: ApiRequest<{ deployment?: string | undefined }>,
): Promise<ApiReply> {
  const endpoint = await ctx.resources.require(request.scope)
  const [gateway] = await liveGateways(ctx.db.kysely)
  if (gateway === undefined)
    throw new AppError('ServiceUnavailable', 'No gateway is running, so nothing can be scored. `fulcrum up` starts one.')
  const { resourceGroup, workspace, endpoint: name } = namesOf(endpoint.id)
  const headers: Record<string, string> = {
    authorization: `Bearer ${issueEndpointToken(ctx, request.actor, endpoint.id).accessToken}`,
    'x-request-id': request.id,
  }
  for (const header of passedOn) {
    const value = request.headers[header]
    if (typeof value === 'string') headers[header] = value
  }
  if (request.query.deployment !== undefined && request.query.deployment !== '')
    headers['azureml-model-deployment'] = request.query.deployment
  const path = endpointPath(resourceGroup, workspace, name).split('/').map(encodeURIComponent).join('/')
  const answer = await callGateway(`${gateway.address}/endpoints/${path}/score`, {
    method: 'POST',
    headers,
    body: request.stream,
    signal: request.signal,
  })
  return {
    status: answer.status,
    headers: Object.fromEntries(Object.entries(answer.headers).filter(([header]) => passedBack.test(header))),
    raw: answer.stream,
  }
}
