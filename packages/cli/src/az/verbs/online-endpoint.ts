import { readFile } from 'node:fs/promises'
import { rebuildError } from '@fulcrum/sdk'
import type { Call, Handlers } from '../commands/command.ts'
import { onlineEndpointEntity } from '../entities/endpoints.ts'
import { part, type Entity, type Wire } from '../entities/translate.ts'
import { AzFailure, exits, usage } from '../failure.ts'
import { refuseLocal } from './local.ts'
import { collect, given, put, remove, translate, update } from './resource.ts'
import { tellWeb } from './web.ts'
import { itemId, nameInFile } from './workspace-kind.ts'

const endpointId = (call: Call): Promise<string> => itemId(call, 'onlineEndpoints', call.values.need('name'))

/** `blue=90 green=10`, also with commas. */
export function shares(call: Call, flag: string): Record<string, number> | undefined {
  if (!call.values.has(flag)) return undefined
  const pairs = call.values
    .list(flag)
    .flatMap((text) => text.split(/[\s,]+/))
    .filter((text) => text !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, share] = /^([A-Za-z0-9][\w-]*)=(\d{1,3})$/.exec(pair) ?? []
      if (name === undefined)
        throw usage(`argument --${flag}: '${pair}' is no share; write <deployment>=<percent>, e.g. blue=90.`)
      return [name, Number(share)]
    }),
  )
}

async function create(call: Call): Promise<Entity> {
  refuseLocal(call)
  const { values } = call
  const { workspaceId } = await call.place()
  if (!values.has('file') && !values.has('name')) throw usage('the following arguments are required: --name/-n or --file/-f')
  const mode = values.text('auth-mode')
  const overrides = given({
    name: values.text('name'),
    auth_mode: mode ?? (values.has('file') ? undefined : 'key'),
  })
  const loaded = await translate(call, 'online-endpoint', await workspaceId(), overrides)
  const endpoint = await put(call, loaded.id, loaded.body)
  await tellWeb(call, loaded.id)
  return onlineEndpointEntity(endpoint)
}

async function updateEndpoint(call: Call): Promise<Entity> {
  refuseLocal(call)
  const { values } = call
  const { workspaceId } = await call.place()
  const name = values.text('name') ?? (await nameInFile(call, 'online-endpoint'))
  const id = await itemId(call, 'onlineEndpoints', name)
  const changes = given({
    ...(values.has('file') ? { name } : {}),
    traffic: shares(call, 'traffic'),
    mirror_traffic: shares(call, 'mirror-traffic'),
  })
  const endpoint = await update(call, {
    family: 'online-endpoint',
    id,
    home: await workspaceId(),
    dump: onlineEndpointEntity,
    changes,
  })
  await tellWeb(call, id)
  return onlineEndpointEntity(endpoint)
}

async function credentials(call: Call): Promise<unknown> {
  const { client } = await call.place()
  const id = await endpointId(call)
  const endpoint = await client.get(id)
  const mode = String(endpoint.properties['authMode'] ?? 'Key').toLowerCase()
  return client.post(mode === 'key' ? `${id}/listKeys` : `${id}/token`)
}

async function bearer(call: Call, id: string, mode: string): Promise<string> {
  const { client, token } = await call.place()
  if (mode === 'aadtoken') return token
  if (mode === 'amltoken') return String((await client.post<Wire>(`${id}/token`))['accessToken'])
  return String((await client.post<Wire>(`${id}/listKeys`))['primaryKey'])
}

/** @returns what the endpoint answers, as text */
async function invoke(call: Call): Promise<string> {
  refuseLocal(call)
  const { values } = call
  const { client } = await call.place()
  const id = await endpointId(call)
  const file = values.text('request-file')
  if (file === undefined) throw usage('the following arguments are required: --request-file/-r')
  const body = await readFile(file, 'utf8').catch(() => {
    throw new AzFailure(`There is no request file '${file}'.`)
  })
  const deployment = values.text('deployment-name')
  const endpoint = await client.get(id)
  if (deployment !== undefined) await client.get(`${id}/deployments/${encodeURIComponent(deployment)}`)
  const { scoringUri, authMode } = part(endpoint.properties)
  if (typeof scoringUri !== 'string')
    throw new AzFailure(`Endpoint '${endpoint.name}' has no scoring address yet.`, exits.failure)
  const response = await fetch(scoringUri, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await bearer(call, id, String(authMode ?? 'Key').toLowerCase())}`,
      ...(deployment === undefined ? {} : { 'azureml-model-deployment': deployment }),
    },
  })
  const text = await response.text()
  if (response.ok) return text
  throw rebuildError(response.status, text)
}

export const onlineEndpointVerbs: Handlers = {
  create,
  update: updateEndpoint,
  invoke,
  'get-credentials': credentials,
  async list(call) {
    refuseLocal(call)
    const { client, workspaceId } = await call.place()
    return (await collect(client, `${await workspaceId()}/onlineEndpoints`)).map(onlineEndpointEntity)
  },
  async show(call) {
    refuseLocal(call)
    const { client } = await call.place()
    const id = await endpointId(call)
    await tellWeb(call, id)
    return onlineEndpointEntity(await client.get<Wire>(id))
  },
  async delete(call) {
    refuseLocal(call)
    return remove(call, await endpointId(call))
  },
  async 'regenerate-keys'(call) {
    const { client } = await call.place()
    const type = call.values.text('key-type') ?? 'primary'
    if (!['primary', 'secondary'].includes(type.toLowerCase()))
      throw usage(`argument --key-type: invalid choice: '${type}' (choose from 'primary', 'secondary')`)
    const keyType = type.toLowerCase() === 'primary' ? 'Primary' : 'Secondary'
    await client.post(`${await endpointId(call)}/regenerateKeys`, { keyType })
    return undefined
  },
}
