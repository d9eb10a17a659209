import { invalid, nameOf, nearest } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import { ok, type ApiReply, type ApiRequest } from '../../../kernel/http/index.ts'
import { findResources } from '../../../kernel/resources/index.ts'
import { capacityOf } from './capacity.ts'
import { slotPool } from './plan-queue.ts'
import { quotaPool, stateOf } from './pools.ts'
import { listQuotas, loadQueues } from './queue-store.ts'
import { quotaNames, type Capacity, type Quota, type QuotaName } from './types.ts'

const machineLearning = 'Microsoft.MachineLearningServices'
const mebibyte = 1024 * 1024

/** Where a quota stands: `{workspace}[/computes/{compute}]/quotas/{name}`. */
const quotaId =
  /^(?<scope>\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.MachineLearningServices\/workspaces\/[^/]+(?:\/computes\/[^/]+)?)\/quotas\/(?<name>[^/]+)$/i

/** Azure's list of quotas: first the host's own limits, then those of workspaces and computes that the caller may read. */
export async function showQuotas(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const location = request.params['location'] ?? 'local'
  const limits = hostLimits(capacityOf(ctx))
  const quotas = await readableQuotas(ctx, request)
  return ok({
    value: [
      ...quotaNames.map((name) => ({
        ...placeOf(`${request.scope}/providers/${machineLearning}/locations/${location}`, name, location),
        limit: limits[name],
      })),
      ...quotas.map((quota) => ({ ...placeOf(quota.scopeId, quota.name, location), limit: quota.quota })),
    ],
    nextLink: null,
  })
}

/** Azure's list of usages, of the same things in the same order. */
export async function showUsages(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const location = request.params['location'] ?? 'local'
  const capacity = capacityOf(ctx)
  const snapshot = await loadQueues(ctx.db.kysely, { heads: 0 })
  const quotas = await readableQuotas(ctx, request)
  const { pools } = stateOf({ ...snapshot, quotas }, capacity)
  const used = (id: string): number => pools.find((pool) => pool.id === id)?.used ?? 0
  const host: Readonly<Record<QuotaName, number>> = {
    concurrentJobs: used(slotPool),
    cores: Math.ceil(used('host/cores')),
    memoryMegabytes: Math.round(used('host/memory') / mebibyte),
    gpus: used('host/gpus'),
  }
  const limits = hostLimits(capacity)
  const hostScope = `${request.scope}/providers/${machineLearning}/locations/${location}`
  return ok({
    value: [
      ...quotaNames.map((name) => ({
        ...placeOf(hostScope, name, location, 'usages'),
        currentValue: host[name],
        limit: limits[name],
      })),
      ...quotas.map((quota) => ({
        ...placeOf(quota.scopeId, quota.name, location, 'usages'),
        currentValue: Math.ceil(used(quotaPool(quota))),
        limit: quota.quota,
      })),
    ],
    nextLink: null,
  })
}

/** What the host itself has. */
function hostLimits(capacity: Capacity): Readonly<Record<QuotaName, number>> {
  return {
    concurrentJobs: capacity.slots,
    cores: capacity.cores,
    memoryMegabytes: Math.floor(capacity.memoryBytes / mebibyte),
    gpus: capacity.gpus.length,
  }
}

function placeOf(scope: string, name: QuotaName, location: string, kind: 'quotas' | 'usages' = 'quotas') {
  const owner = scope.includes('/locations/') ? '' : ` of ${nameOf(scope)}`
  return {
    id: `${scope}/${kind}/${name}`,
    type: `${machineLearning}/${scope.toLowerCase().includes('/computes/') ? 'workspaces/computes/' : owner === '' ? '' : 'workspaces/'}${kind}`,
    amlWorkspaceLocation: location,
    unit: 'Count',
    name: { value: name, localizedValue: `${titles[name]}${owner}` },
  }
}

const titles: Readonly<Record<QuotaName, string>> = {
  concurrentJobs: 'Concurrent jobs',
  cores: 'Cores',
  memoryMegabytes: 'Memory (MiB)',
  gpus: 'GPUs',
}

/** With ids as their owners wrote them; those of workspaces and computes that are gone are left out. */
async function readableQuotas(ctx: Context, request: ApiRequest): Promise<(Quota & { readonly scopeId: string })[]> {
  const quotas = await listQuotas(ctx.db.kysely)
  const scopes = [...new Set(quotas.map((quota) => quota.scope))]
  const resources = await findResources(ctx.db.kysely, scopes)
  const readable = new Map<string, string>()
  for (const { id } of resources) {
    const type = id.toLowerCase().includes('/computes/') ? 'workspaces/computes' : 'workspaces'
    if (await ctx.authorization.allows(request.actor, `${machineLearning}/${type}/read`, 'control', id))
      readable.set(id.toLowerCase(), id)
  }
  return quotas.flatMap((quota) => {
    const scopeId = readable.get(quota.scope)
    return scopeId === undefined ? [] : [{ ...quota, scopeId }]
  })
}

interface QuotaEntry {
  readonly id: string
  readonly limit?: number | null
}

/** Sets quotas as Azure does: the answer has a status for each entry, and one that is refused does not stop the others. */
export async function updateQuotas(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { value } = request.body as { value: readonly QuotaEntry[] }
  const limits = hostLimits(capacityOf(ctx))
  const results = await ctx.db.transaction(async (tx) => {
    const scopes = value.map((entry) => quotaId.exec(entry.id)?.groups?.['scope'] ?? '').filter((scope) => scope !== '')
    const known = new Set((await findResources(tx, scopes)).map((resource) => resource.id.toLowerCase()))
    const written = []
    for (const [index, entry] of value.entries()) {
      const { scope, name } = placeOfEntry(entry, index, known)
      const status = entry.limit != null && entry.limit > limits[name] ? 'InvalidQuotaExceedsSubscriptionLimit' : 'Success'
      if (status === 'Success') {
        await writeQuota(tx, { scope: scope.toLowerCase(), name, quota: entry.limit ?? undefined })
        await appendEvent(
          tx,
          ctx,
          request.actor,
          {
            type: 'quotas.updated',
            subject: scope,
            action: request.operation.action,
            data: { name, limit: entry.limit ?? null },
          },
          request.id,
        )
      }
      const type = scope.toLowerCase().includes('/computes/') ? 'workspaces/computes/quotas' : 'workspaces/quotas'
      written.push({ id: entry.id, type: `${machineLearning}/${type}`, limit: entry.limit ?? null, unit: 'Count', status })
    }
    await sql`select pg_notify('steps', '')`.execute(tx)
    return written
  })
  return ok({ value: results, nextLink: null })
}

/** @throws InvalidRequestContent the id names no workspace or compute, or no quota */
function placeOfEntry(entry: QuotaEntry, index: number, known: ReadonlySet<string>): { scope: string; name: QuotaName } {
  const target = `value[${index}].id`
  const { scope, name: given = '' } = quotaId.exec(entry.id)?.groups ?? {}
  if (scope === undefined || !known.has(scope.toLowerCase()))
    throw invalid(
      `'${entry.id}' is no quota of a workspace or compute: {workspace}/quotas/{name} or {workspace}/computes/{compute}/quotas/{name}.`,
      {
        target,
      },
    )
  const name = quotaNames.find((candidate) => candidate.toLowerCase() === given.toLowerCase())
  if (name === undefined) {
    const hint = nearest(given, quotaNames)
    throw invalid(
      `There is no quota '${given}'; there are ${quotaNames.join(', ')}.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
      { target },
    )
  }
  return { scope, name }
}

async function writeQuota(
  tx: Parameters<typeof listQuotas>[0],
  { scope, name, quota }: { scope: string; name: QuotaName; quota: number | undefined },
): Promise<void> {
  if (quota === undefined) {
    await tx.deleteFrom('quotas').where('scope', '=', scope).where('name', '=', name).execute()
    return
  }
  await tx
    .insertInto('quotas')
    .values({ scope, name, quota })
    .onConflict((conflict) => conflict.columns(['scope', 'name']).doUpdateSet({ quota, modified_at: sql`now()` }))
    .execute()
}
