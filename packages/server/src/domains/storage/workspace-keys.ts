import { workspaceServiceOperations } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, route, type ApiRequest, type Route } from '../../kernel/http/index.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { accountKey } from './sas/keys.ts'

/** Keys of what a workspace depends on, as its owner may read them. */
export function workspaceKeyRoutes(ctx: Context): Route[] {
  return [
    route(workspaceServiceOperations.listStorageAccountKeys, async ({ scope }) => {
      const { account } = await neighboursOf(ctx, scope)
      return ok(account === undefined ? {} : { userStorageKey: accountKey(ctx, account, 'key1') })
    }),
    route(workspaceServiceOperations.listKeys, (request) => listKeys(ctx, request)),
  ]
}

async function listKeys(ctx: Context, { scope }: ApiRequest) {
  const { account, insights } = await neighboursOf(ctx, scope)
  return ok({
    ...(account === undefined ? {} : { userStorageKey: accountKey(ctx, account, 'key1'), userStorageResourceId: account.id }),
    ...(insights === undefined ? {} : { appInsightsInstrumentationKey: insights.status['AppId'] }),
  })
}

async function neighboursOf(ctx: Context, workspaceId: string) {
  const { properties } = await ctx.resources.require(workspaceId)
  const find = async (member: string): Promise<StoredResource | undefined> => {
    const id = properties[member]
    return typeof id === 'string' ? findResource(ctx.db.kysely, id) : undefined
  }
  return { account: await find('storageAccount'), insights: await find('applicationInsights') }
}
