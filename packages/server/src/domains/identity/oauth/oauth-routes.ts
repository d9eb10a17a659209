import { oauthOperations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { ok, readAll, route, type ApiReply, type ApiRequest, type Route } from '../../../kernel/http/index.ts'
import type { WorkloadTokens } from '../issuer/workload-tokens.ts'
import { audienceOfScope } from './audience.ts'
import {
  createDeviceCode,
  describeDeviceCode,
  deviceCodeLifetimeMs,
  pollIntervalSeconds,
  settleDeviceCode,
} from './device-codes.ts'
import { devicePage } from './device-page.ts'
import { instanceDiscovery, tenantConfiguration, tenantOf } from './discovery.ts'
import { OAuthError, renderOAuthError } from './oauth-error.ts'
import { RateLimit } from './rate-limit.ts'
import { required, TokenEndpoint } from './token-endpoint.ts'

const failuresPerMinute = 20
const bodyLimitBytes = 16_384

/** What azure-identity and MSAL need of an authority. */
export function oauthRoutes(ctx: Context, tokens: WorkloadTokens): Route[] {
  const endpoint = new TokenEndpoint(ctx, tokens, new RateLimit(ctx.clock, failuresPerMinute))
  const configuration = (version: 1 | 2) => (request: ApiRequest) =>
    guarded(ctx, request, async () => ok(tenantConfiguration(ctx, request.params['tenantId'] ?? '', request.origin, version)))
  const token = (version: 1 | 2) => (request: ApiRequest) =>
    guarded(ctx, request, async () => {
      tenantOf(ctx, request.params['tenantId'] ?? '')
      const form = await readForm(request)
      return ok(await endpoint.answer({ version, origin: request.origin, form, basic: basicOf(request) }))
    })
  return [
    route(oauthOperations.instanceDiscovery, async ({ origin, query }) =>
      ok(instanceDiscovery(ctx, origin, query.authorization_endpoint)),
    ),
    route(oauthOperations.configuration, configuration(2)),
    route(oauthOperations.configurationV1, configuration(1)),
    route(oauthOperations.keys, async () => ok(await tokens.keys.keySet(), { 'cache-control': 'public, max-age=300' })),
    route(oauthOperations.token, token(2)),
    route(oauthOperations.tokenV1, token(1)),
    route(oauthOperations.deviceCode, (request) => guarded(ctx, request, () => startDevice(ctx, request))),
    route(oauthOperations.devicePage, async () => devicePage()),
    route(oauthOperations.describeDevice, async ({ actor, params }) =>
      ok(await describeDeviceCode(ctx, actor, params['userCode'] ?? '')),
    ),
    route(oauthOperations.approveDevice, async ({ actor, params, body }) =>
      ok(await settleDeviceCode(ctx, actor, { userCode: params['userCode'] ?? '', approve: body.approve })),
    ),
  ]
}

/** RFC 8628 §3.1–3.2. */
async function startDevice(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  tenantOf(ctx, request.params['tenantId'] ?? '')
  const form = await readForm(request)
  const clientId = required(form, 'client_id').slice(0, 100)
  const audience = form.get('resource') ?? audienceOfScope(required(form, 'scope'))
  const { deviceCode, userCode } = await createDeviceCode(ctx, { clientId, audience })
  const page = `${request.origin}/device`
  return ok({
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: page,
    verification_url: page,
    verification_uri_complete: `${page}?code=${userCode}`,
    expires_in: deviceCodeLifetimeMs / 1000,
    interval: pollIntervalSeconds,
    message: `To sign in, use a web browser to open the page ${page} and enter the code ${userCode} to authenticate, or run: fulcrum token approve ${userCode}`,
  })
}

async function readForm(request: ApiRequest): Promise<URLSearchParams> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded')
    throw new OAuthError('invalid_request', 'Send the parameters as application/x-www-form-urlencoded.', { number: 900144 })
  return new URLSearchParams((await readAll(request.stream, bodyLimitBytes)).toString('utf8'))
}

function basicOf(request: ApiRequest): { id: string; secret: string } | undefined {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2)
  try {
    return { id: decodeURIComponent(id), secret: decodeURIComponent(secret) }
  } catch {
    throw new OAuthError('invalid_client', 'The Authorization header is not readable.', { status: 401, number: 7000218 })
  }
}

async function guarded(ctx: Context, request: ApiRequest, work: () => Promise<ApiReply>): Promise<ApiReply> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OAuthError) return renderOAuthError(ctx, error, request.id)
    throw error
  }
}
