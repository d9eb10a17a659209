import { notFound, type InstanceDescription, type InstanceMap } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import { scopeFilterAllows } from '../../kernel/authz/index.ts'
import { placesOf } from './layout.ts'

const machineLearning = 'Microsoft.MachineLearningServices'

/** Nouns of the map, with the type that is counted below a workspace and below a registry. */
const counted: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [
    'jobs',
    'models',
    'data',
    'environments',
    'components',
    'computes',
    'datastores',
    'onlineEndpoints',
    'batchEndpoints',
    'schedules',
  ].map((noun) => [noun, [`${machineLearning}/workspaces/${noun}`, `${machineLearning}/registries/${noun}`]]),
)

/** Environments of an instance that the caller may read, with what is in them. @throws ResourceNotFound also when there is none of them */
export async function mapOfInstance(ctx: Context, actor: Actor, id: string): Promise<InstanceMap> {
  const resource = await ctx.resources.find(id)
  const name = id.slice(id.lastIndexOf('/') + 1)
  if (resource === undefined) throw notFound('Instance', name)
  const instance = resource.properties as unknown as InstanceDescription
  const environments = []
  for (const place of placesOf(ctx.config.subscriptionId, instance)) {
    const workspaceId = await ifReadable(ctx, actor, place.workspaceId, `${machineLearning}/workspaces/read`)
    const registryId = await ifReadable(ctx, actor, place.registryId, `${machineLearning}/registries/read`)
    const container = workspaceId ?? registryId
    if (container === undefined) continue
    environments.push({
      environment: place.environment,
      resourceGroup: place.resourceGroupId.slice(place.resourceGroupId.lastIndexOf('/') + 1),
      ...(workspaceId === undefined ? {} : { workspaceId }),
      ...(registryId === undefined ? {} : { registryId }),
      counts: await countsBelow(ctx, actor, container),
    })
  }
  if (environments.length === 0) throw notFound('Instance', name)
  return {
    name: instance.name,
    environments,
    gates: Object.entries(instance.gates).map(([gate, { from, to }]) => ({ name: gate, from, to })),
  }
}

async function ifReadable(ctx: Context, actor: Actor, id: string | undefined, action: string): Promise<string | undefined> {
  return id !== undefined && (await ctx.authorization.allows(actor, action, 'control', id)) ? id : undefined
}

/** Counts by noun of the types whose resources the caller may read throughout the container. */
async function countsBelow(ctx: Context, actor: Actor, container: string): Promise<Record<string, number>> {
  const nounOfType = new Map<string, string>()
  for (const [noun, types] of Object.entries(counted)) {
    for (const type of types) {
      const scopes = await ctx.authorization.allowedScopes(actor, `${type}/read`)
      if (scopeFilterAllows(scopes, container)) nounOfType.set(type.toLowerCase(), noun)
    }
  }
  const prefix = `${container.toLowerCase()}/`
  const result = await sql<{ type: string; count: number }>`select type, count(*)::int as count from resources
    where starts_with(id, ${prefix}) and type = any(${[...nounOfType.keys()]}::text[]) group by type`.execute(ctx.db.kysely)
  return Object.fromEntries(result.rows.map((row) => [nounOfType.get(row.type) ?? row.type, row.count]))
}
