import type { Context } from '../../context.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { accountKey, accountKeyNames, generationsOf, type AccountKeyName } from './sas/keys.ts'

/** The keys of a storage account. */
export async function listKeys(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  return ok(keysOf(ctx, await ctx.resources.require(request.scope)))
}

/** Replaces one key; signatures and requests signed with it are refused from then on. */
export async function regenerateKey(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { keyName } = request.body as { keyName: AccountKeyName }
  const account = await ctx.db.transaction(async (tx) => {
    const found = await ctx.resources.require(request.scope, tx)
    const generations = generationsOf(found)
    await ctx.resources.updateStatus(tx, found.id, {
      keyGenerations: { ...generations, [keyName]: generations[keyName] + 1 },
    })
    await appendEvent(
      tx,
      ctx,
      request.actor,
      { type: 'storageAccounts.keyRegenerated', subject: found.id, action: request.operation.action, data: { keyName } },
      request.id,
    )
    return ctx.resources.require(request.scope, tx)
  })
  return ok(keysOf(ctx, account))
}

function keysOf(ctx: Context, account: StoredResource) {
  return {
    keys: accountKeyNames.map((keyName) => ({ keyName, value: accountKey(ctx, account, keyName), permissions: 'FULL' })),
  }
}
