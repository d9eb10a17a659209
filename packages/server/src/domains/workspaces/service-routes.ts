import { workspaceServiceOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, route, type ApiReply, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { findResources, listResources, scopesAbove, type StoredResource } from '../../kernel/resources/index.ts'
import { mintWorkloadToken } from '../identity/index.ts'
import { connectionWithSecrets } from './connection-kind.ts'

const tokenLifetimeMs = 15 * 60_000
const resourceOfTokens = 'https://ml.azure.com'

/** What clients ask of a workspace besides its assets. */
export function serviceRoutes(ctx: Context): Route[] {
  const nothing = async ({ scope }: ApiRequest): Promise<ApiReply> => {
    await ctx.resources.require(scope)
    return ok({ value: [], nextLink: null })
  }
  return [
    route(operations.connectionSecrets, async ({ scope }) => ok(await connectionWithSecrets(ctx, scope))),
    // Nothing is cached: keys are read where they are needed.
    route(operations.resyncKeys, async ({ scope }) => {
      await ctx.resources.require(scope)
      return { status: 200 }
    }),
    route(operations.diagnose, async ({ scope }) => ok({ value: await diagnose(ctx, await ctx.resources.require(scope)) })),
    route(operations.notebookToken, (request) => notebookToken(ctx, request)),
    route(operations.features, nothing),
    route(operations.outboundDependencies, nothing),
    route(operations.privateEndpoints, nothing),
    route(operations.privateLinks, nothing),
  ]
}

interface Finding {
  readonly code: string
  readonly level: 'Warning' | 'Error' | 'Information'
  readonly message: string
}

/** Azure's groups of findings; an empty group is a healthy one. */
async function diagnose(ctx: Context, workspace: StoredResource) {
  const missing = async (member: string): Promise<Finding[]> => {
    const id = workspace.properties[member]
    if (typeof id !== 'string') return []
    const [found] = await findResources(ctx.db.kysely, [id])
    return found === undefined ? [{ code: 'ResourceNotFound', level: 'Error', message: `'${id}' does not exist.` }] : []
  }
  const locks = await Promise.all(
    scopesAbove(workspace.id).map((scope) =>
      listResources(ctx.db.kysely, { type: 'Microsoft.Authorization/locks', parentId: scope, limit: 100 }),
    ),
  )
  return {
    userDefinedRouteResults: [],
    networkSecurityRuleResults: [],
    dnsResolutionResults: [],
    otherResults: [],
    resourceLockResults: locks.flat().map((lock) => ({
      code: 'ResourceLock',
      level: 'Warning',
      message: `The lock '${lock.id}' (${String(lock.properties['level'])}) keeps the workspace from being changed.`,
    })),
    storageAccountResults: await missing('storageAccount'),
    keyVaultResults: await missing('keyVault'),
    containerRegistryResults: await missing('containerRegistry'),
    applicationInsightsResults: await missing('applicationInsights'),
  }
}

async function notebookToken(ctx: Context, { actor, scope, origin }: ApiRequest): Promise<ApiReply> {
  const workspace = await ctx.resources.require(scope)
  const { token, expiresAt } = await mintWorkloadToken(ctx, {
    subject: actor.boundTo ?? actor.id,
    audience: resourceOfTokens,
    principalId: actor.id,
    lifetimeMs: tokenLifetimeMs,
    ...(actor.boundTo === undefined ? {} : { boundTo: actor.boundTo }),
    ...(actor.credentialId === undefined ? {} : { credentialId: actor.credentialId }),
    ...(actor.tokenScopes === undefined ? {} : { scopes: actor.tokenScopes }),
  })
  const { host } = new URL(origin)
  return ok({
    accessToken: token,
    tokenType: 'Bearer',
    expiresIn: Math.floor((expiresAt.getTime() - ctx.clock.now().getTime()) / 1000),
    scope: `${resourceOfTokens}/.default`,
    hostName: host,
    publicDns: host,
    notebookResourceId: String(workspace.status['workspaceId'] ?? ''),
  })
}
