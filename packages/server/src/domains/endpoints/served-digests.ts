import { isAppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { deploymentsOf } from './behaviours.ts'
import { digestOf, resolveModel } from './resolve-model.ts'
import { endpointIdOf, percentsOf, textOf } from './types.ts'

/** What a deployment that takes live traffic serves. */
export interface ServedDigest {
  readonly deploymentName: string
  /** Tree digest of the model's files. */
  readonly digest: string
  readonly percent: number
}

/** The models behind the live traffic of an endpoint; none when it does not exist. */
export async function servedDigests(ctx: Context, endpointId: string): Promise<ServedDigest[]> {
  const endpoint = await ctx.resources.find(endpointId)
  if (endpoint === undefined) return []
  const traffic = percentsOf(endpoint.properties['traffic'])
  const served: ServedDigest[] = []
  for (const deployment of await deploymentsOf(ctx.db.kysely, endpoint.id)) {
    const percent = traffic[deployment.name] ?? 0
    const digest = percent > 0 ? await digestServedBy(ctx, endpoint.id, deployment) : undefined
    if (digest !== undefined) served.push({ deploymentName: deployment.name, digest, percent })
  }
  return served
}

async function digestServedBy(ctx: Context, endpointId: string, deployment: StoredResource): Promise<string | undefined> {
  const reference = textOf(deployment.properties['model'])
  if (reference === undefined) return undefined
  try {
    return digestOf(await resolveModel(ctx, ctx.db.kysely, endpointIdOf(endpointId), reference))
  } catch (error) {
    // A model that was removed after it was deployed has no digest to speak for.
    if (isAppError(error) && error.status < 500) return undefined
    throw error
  }
}
