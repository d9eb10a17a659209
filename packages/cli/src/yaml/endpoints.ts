import type { WireResource } from './assets.ts'
import { computeId } from './references.ts'
import {
  choice,
  integer,
  listOf,
  mapOf,
  mapping,
  type Rule,
  type Run,
  type Shape,
  text,
  texts,
  translate,
  unsent,
} from './shape.ts'
import { compact, plain } from './values.ts'
import type { YamlNode } from './yaml-node.ts'

const authModes = choice({ key: 'Key', aml_token: 'AMLToken', aad_token: 'aadToken', AMLToken: 'AMLToken', AADToken: 'aadToken' })

/** A resource's own identity. */
export const resourceIdentity: Rule = async (node, run) => {
  const type = choice({
    system_assigned: 'SystemAssigned',
    user_assigned: 'UserAssigned',
    'system_assigned,user_assigned': 'SystemAssigned,UserAssigned',
    none: 'None',
    SystemAssigned: 'SystemAssigned',
    UserAssigned: 'UserAssigned',
    'SystemAssigned,UserAssigned': 'SystemAssigned,UserAssigned',
  })
  const shape: Shape = { type, user_assigned_identities: identities, principal_id: unsent, tenant_id: unsent }
  return { type: 'SystemAssigned', ...(await translate(node, shape, run)) }
}

/** A list of `{resource_id}`, or a mapping by resource id. */
const identities: Rule = (node) => {
  const ids = node.isMapping() ? Object.keys(node.mapping()) : node.items().map((item) => item.need('resource_id').text())
  return Object.fromEntries(ids.map((id) => [id, {}]))
}

const endpointShape: Shape = {
  name: unsent,
  type: unsent,
  id: unsent,
  provisioning_state: unsent,
  scoring_uri: unsent,
  openapi_uri: unsent,
  auth_mode: authModes,
  description: text,
  tags: texts,
  properties: texts,
  identity: resourceIdentity,
  location: text,
  public_network_access: choice(['enabled', 'disabled']),
}

export async function onlineEndpoint(node: YamlNode, run: Run): Promise<WireResource> {
  const shares = mapOf(integer)
  const shape: Shape = { ...endpointShape, traffic: shares, mirror_traffic: shares, compute: computeId }
  const { tags, identity, location, ...properties } = await translate(node, shape, run)
  return {
    id: `${run.assets.workspaceId}/onlineEndpoints/${node.need('name').text()}`,
    body: {
      location: location ?? 'local',
      tags: tags ?? {},
      identity: identity ?? { type: 'SystemAssigned' },
      properties: { authMode: 'Key', properties: {}, traffic: {}, mirrorTraffic: {}, ...properties },
    },
  }
}

export async function batchEndpoint(node: YamlNode, run: Run): Promise<WireResource> {
  const shape: Shape = { ...endpointShape, defaults: mapping({ deployment_name: text }), deployments: listOf(unsent) }
  const { tags, identity, location, deployments: _deployments, ...properties } = await translate(node, shape, run)
  const defaults =
    plain(properties['defaults']) && Object.keys(properties['defaults']).length > 0 ? properties['defaults'] : undefined
  return {
    id: `${run.assets.workspaceId}/batchEndpoints/${node.need('name').text()}`,
    body: compact({
      location: location ?? 'local',
      tags: tags ?? {},
      identity,
      properties: compact({ authMode: 'aadToken', properties: {}, ...properties, defaults }),
    }),
  }
}
