import type { Call, Handlers } from '../commands/command.ts'
import { onlineDeploymentEntity } from '../entities/endpoints.ts'
import { nameAfter, type Entity, type Wire } from '../entities/translate.ts'
import { notSupported } from '../failure.ts'
import { refuseLocal } from './local.ts'
import { collect, given, put, remove, translate, update } from './resource.ts'
import { tellWeb } from './web.ts'
import { itemId } from './workspace-kind.ts'

async function deploymentsOf(call: Call): Promise<string> {
  return `${await itemId(call, 'onlineEndpoints', call.values.need('endpoint-name'))}/deployments`
}

async function deploymentId(call: Call): Promise<string> {
  return `${await deploymentsOf(call)}/${encodeURIComponent(call.values.need('name'))}`
}

const names = ({ values }: Call): Record<string, unknown> =>
  given({ name: values.text('name'), endpoint_name: values.text('endpoint-name') })

async function create(call: Call): Promise<Entity> {
  refuseLocal(call)
  if (call.values.flag('package-model')) throw notSupported('Packaging a model into a container image is not offered.')
  const { client, workspaceId } = await call.place()
  const loaded = await translate(call, 'online-deployment', await workspaceId(), names(call))
  // The original asks for the endpoint first, so that a missing one is told as such.
  const endpointId = loaded.id.replace(/\/deployments\/[^/]+$/, '')
  await client.get(endpointId)
  const deployment = await put(call, loaded.id, loaded.body)
  if (call.values.flag('all-traffic')) await client.patch(endpointId, { properties: { traffic: { [loaded.name]: 100 } } })
  await tellWeb(call, endpointId)
  return onlineDeploymentEntity(deployment)
}

async function updateDeployment(call: Call): Promise<Entity> {
  refuseLocal(call)
  const { workspaceId } = await call.place()
  const home = await workspaceId()
  const id = call.values.has('file')
    ? (await translate(call, 'online-deployment', home, names(call))).id
    : await deploymentId(call)
  const changes = call.values.has('file') ? names(call) : {}
  const deployment = await update(call, { family: 'online-deployment', id, home, dump: onlineDeploymentEntity, changes })
  await tellWeb(call, `${home}/onlineEndpoints/${nameAfter(id, 'onlineEndpoints') ?? ''}`)
  return onlineDeploymentEntity(deployment)
}

const containers: Readonly<Record<string, string>> = {
  'inference-server': 'InferenceServer',
  'storage-initializer': 'StorageInitializer',
}

export const onlineDeploymentVerbs: Handlers = {
  create,
  update: updateDeployment,
  async list(call) {
    refuseLocal(call)
    const { client } = await call.place()
    return (await collect(client, await deploymentsOf(call))).map(onlineDeploymentEntity)
  },
  async show(call) {
    refuseLocal(call)
    const { client } = await call.place()
    const id = await deploymentId(call)
    await tellWeb(call, id)
    return onlineDeploymentEntity(await client.get<Wire>(id))
  },
  async delete(call) {
    refuseLocal(call)
    return remove(call, await deploymentId(call))
  },
  async 'get-logs'(call) {
    refuseLocal(call)
    const { client } = await call.place()
    const container = call.values.text('container')?.toLowerCase()
    const { content } = await client.post<{ content: string }>(`${await deploymentId(call)}/getLogs`, {
      tail: call.values.number('lines') ?? 5000,
      containerType: container === undefined ? 'InferenceServer' : (containers[container] ?? container),
    })
    return content
  },
}
