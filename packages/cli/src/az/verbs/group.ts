import { isAppError, type Resource } from '@fulcrum/contract'
import type { Call, Handlers } from '../commands/command.ts'
import { remove } from './resource.ts'

async function idOf(call: Call): Promise<string> {
  const { subscriptionId } = await call.place()
  return `/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(call.values.need('name'))}`
}

function shown(group: Resource): unknown {
  return {
    id: group.id,
    location: group.location ?? 'local',
    managedBy: null,
    name: group.name,
    properties: { provisioningState: group.properties['provisioningState'] ?? 'Succeeded' },
    tags: group.tags ?? {},
    type: group.type,
  }
}

export const groupVerbs: Handlers = {
  async create(call) {
    const { client, location } = await call.place()
    const tags = call.values.pairs('tags')
    return shown(await client.put(await idOf(call), { location: location(), ...(tags === undefined ? {} : { tags }) }))
  },
  async show(call) {
    const { client } = await call.place()
    return shown(await client.get(await idOf(call)))
  },
  async list(call) {
    const { client, subscriptionId } = await call.place()
    const [key, value] = call.values.text('tag')?.split('=') ?? []
    const groups: unknown[] = []
    for await (const group of client.list(`/subscriptions/${subscriptionId}/resourceGroups`)) {
      const tag = key === undefined ? undefined : group.tags?.[key]
      if (key === undefined || (tag !== undefined && (value === undefined || tag === value))) groups.push(shown(group))
    }
    return groups
  },
  async exists(call) {
    const { client } = await call.place()
    return client.get(await idOf(call)).then(
      () => true,
      (error: unknown) => {
        if (isAppError(error) && error.status === 404) return false
        throw error
      },
    )
  },
  async delete(call) {
    return remove(call, await idOf(call))
  },
}
