import type { Call, Handlers } from '../commands/command.ts'
import { computeEntity } from '../entities/compute.ts'
import { snakeKeys, type Wire } from '../entities/translate.ts'
import { notSupported } from '../failure.ts'
import { collect, given } from './resource.ts'
import { itemId, kindVerbs } from './workspace-kind.ts'

function flags({ values, path }: Call): Record<string, unknown> {
  const publicNode = values.truth('enable-node-public-ip')
  const identity = values.text('identity-type')
  return given({
    name: values.text('name'),
    type: path.endsWith('update') ? undefined : values.text('type')?.toLowerCase(),
    size: values.text('size'),
    tier: values.text('tier')?.toLowerCase(),
    min_instances: values.number('min-instances'),
    max_instances: values.number('max-instances'),
    idle_time_before_scale_down: values.number('idle-time-before-scale-down'),
    description: values.text('description'),
    location: values.text('location'),
    tags: values.pairs('tags'),
    enable_node_public_ip: publicNode,
    ssh_public_access_enabled: values.truth('ssh-public-access-enabled'),
    resource_id: values.text('resource-id'),
    namespace: values.text('namespace'),
    identity: identity === undefined ? undefined : { type: snakeIdentity(identity) },
  })
}

function snakeIdentity(type: string): string {
  return type.toLowerCase().includes('user') ? 'user_assigned' : 'system_assigned'
}

const verbs = kindVerbs({ collection: 'computes', family: 'compute', dump: computeEntity, flags })

async function act(call: Call, action: 'start' | 'stop' | 'restart'): Promise<undefined> {
  const { client } = await call.place()
  const id = await itemId(call, 'computes', call.values.need('name'))
  if (call.values.flag('no-wait')) await client.request('POST', `${id}/${action}`, { body: {} })
  else await client.post(`${id}/${action}`)
  return undefined
}

async function atLocation(call: Call, what: 'vmSizes' | 'usages'): Promise<readonly Wire[]> {
  const { client, subscriptionId, location } = await call.place()
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.MachineLearningServices/locations/${location()}/${what}`
  const { value } = await client.get<{ value?: Wire[] }>(path)
  return value ?? []
}

export const computeVerbs: Handlers = {
  ...verbs,
  attach: verbs['create'] ?? (async () => undefined),
  detach: verbs['delete'] ?? (async () => undefined),
  start: (call) => act(call, 'start'),
  stop: (call) => act(call, 'stop'),
  restart: (call) => act(call, 'restart'),
  async list(call) {
    const place = await call.place()
    const type = call.values.text('type')?.toLowerCase()
    const found = await collect(
      place.client,
      `${await place.workspaceId()}/computes`,
      {},
      { most: call.values.number('max-results') },
    )
    return found.map(computeEntity).filter((entity) => type === undefined || entity['type'] === type)
  },
  async 'list-nodes'(call) {
    const { client } = await call.place()
    const { nodes } = await client.post<{ nodes?: Wire[] }>(
      `${await itemId(call, 'computes', call.values.need('name'))}/listNodes`,
    )
    return (nodes ?? []).map((node) => ({ ...(snakeKeys(node) as Wire) }))
  },
  'list-sizes': async (call) => (await atLocation(call, 'vmSizes')).map(snakeKeys),
  'list-usage': async (call) => (await atLocation(call, 'usages')).map(snakeKeys),
  async 'connect-ssh'() {
    throw notSupported('Compute of this instance has no SSH server: its processes run on hosts you reach yourself.')
  },
  async 'enable-sso'() {
    throw notSupported('Single sign-on of compute instances is not offered.')
  },
}
