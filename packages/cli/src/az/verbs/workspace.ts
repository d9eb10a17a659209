import type { Call, Handlers } from '../commands/command.ts'
import { registryEntity, workspaceEntity } from '../entities/workspace.ts'
import type { Wire } from '../entities/translate.ts'
import { notSupported } from '../failure.ts'
import { idOf, type Place } from '../place.ts'
import { collect, given, put, remove, translate, update } from './resource.ts'

const namespace = 'providers/Microsoft.MachineLearningServices'

async function workspaceId(call: Call): Promise<string> {
  const place = await call.place()
  const name = call.values.text('name')
  return name === undefined ? place.workspaceId() : idOf(place.subscriptionId, place.resourceGroup(), 'workspaces', name)
}

/** Where a list looks: the group of `-g`, else the whole subscription; a default group does not narrow it. */
function collection(place: Place, call: Call, type: string): string {
  const group = call.values.text('resource-group')
  const scope = group === undefined ? '' : `/resourceGroups/${encodeURIComponent(group)}`
  return `/subscriptions/${place.subscriptionId}${scope}/${namespace}/${type}`
}

function flags(call: Call): Record<string, unknown> {
  const { values } = call
  return given({
    name: values.text('name'),
    display_name: values.text('display-name'),
    description: values.text('description'),
    tags: values.pairs('tags'),
    location: values.text('location'),
    storage_account: values.text('storage-account'),
    key_vault: values.text('key-vault'),
    application_insights: values.text('application-insights'),
    container_registry: values.text('container-registry'),
    public_network_access: values.text('public-network-access'),
    image_build_compute: values.text('image-build-compute'),
    primary_user_assigned_identity: values.text('primary-user-assigned-identity'),
  })
}

/** A kind that lies directly in a resource group. */
function groupVerbs(
  type: 'workspaces' | 'registries',
  dump: (wire: Wire) => Record<string, unknown>,
  find: (call: Call) => Promise<string>,
): Handlers {
  const family = type === 'workspaces' ? 'workspace' : 'registry'
  return {
    async create(call) {
      const place = await call.place()
      const home = idOf(place.subscriptionId, place.resourceGroup(), type, call.values.text('name') ?? '_')
      const loaded = await translate(call, family, home, { ...flags(call) })
      const body = { location: place.location(), ...loaded.body }
      return dump(await put(call, idOf(place.subscriptionId, place.resourceGroup(), type, loaded.name), body))
    },
    async list(call) {
      const place = await call.place()
      return (await collect(place.client, collection(place, call, type), {}, { most: call.values.number('max-results') })).map(
        dump,
      )
    },
    async show(call) {
      const { client } = await call.place()
      return dump(await client.get<Wire>(await find(call)))
    },
    async update(call) {
      const { name: _name, ...changes } = flags(call)
      const id = await find(call)
      return dump(await update(call, { family, id, home: id, dump, changes }))
    },
    async delete(call) {
      return remove(call, await find(call))
    },
  }
}

export const workspaceVerbs: Handlers = {
  ...groupVerbs('workspaces', workspaceEntity, workspaceId),
  async 'list-keys'(call) {
    const { client } = await call.place()
    return client.post(`${await workspaceId(call)}/listKeys`)
  },
  async 'sync-keys'(call) {
    const { client } = await call.place()
    await client.post(`${await workspaceId(call)}/resyncKeys`)
    return undefined
  },
  async diagnose(call) {
    const { client } = await call.place()
    return client.post(`${await workspaceId(call)}/diagnose`)
  },
  async 'provision-network'() {
    throw notSupported('Workspaces have no managed network: jobs and deployments run on the hosts of this instance.')
  },
}

export const registryVerbs: Handlers = groupVerbs('registries', registryEntity, async (call) => {
  const place = await call.place()
  const name = call.values.need('name')
  const group = call.values.text('resource-group')
  return group === undefined ? place.registryId(name) : idOf(place.subscriptionId, group, 'registries', name)
})
