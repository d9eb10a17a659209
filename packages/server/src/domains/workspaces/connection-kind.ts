import { connectionKind, notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { openWithRoot, sealWithRoot } from '../../kernel/secrets/index.ts'
import { presentResource, type KindBehaviour, type ResourceWrite, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'

/** Members of `credentials` that say who, not how: the rest is secret, whatever a future auth type calls it. */
const openMembers = new Set(['username', 'clientid', 'resourceid', 'tenantid', 'accesskeyid', 'authurl'])

/** Connections to other systems: what is secret in them is sealed, and shown by `listSecrets` alone. */
export function connectionBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: connectionKind,
    defaults: (write) => ({ ...write.body, properties: sealed(ctx, write) }),
    present: (resource) => shown(resource),
  }
}

function sealContext(id: string): readonly string[] {
  return ['connection', id.toLowerCase()]
}

function sealed(ctx: Context, { id, body, existing }: ResourceWrite): JsonObject {
  // What a client read and sends back is not a secret that it sets.
  const { credentials, value, sealedSecrets: _sealed, ...rest } = body.properties
  const given = Object.entries((credentials ?? {}) as JsonObject).filter(([, member]) => member !== null && member !== undefined)
  const open = Object.fromEntries(given.filter(([name]) => openMembers.has(name.toLowerCase())))
  const secret = Object.fromEntries(given.filter(([name]) => !openMembers.has(name.toLowerCase())))
  const hasSecret = Object.keys(secret).length > 0 || typeof value === 'string'
  const kept = existing?.properties['authType'] === rest['authType'] ? existing?.properties['sealedSecrets'] : undefined
  const text = JSON.stringify({ credentials: secret, ...(typeof value === 'string' ? { value } : {}) })
  const sealedSecrets = hasSecret ? sealWithRoot(ctx.rootKey, Buffer.from(text), sealContext(id)) : kept
  return {
    metadata: {},
    ...rest,
    credentials: open,
    ...(sealedSecrets === undefined ? {} : { sealedSecrets }),
  }
}

function shown(resource: StoredResource): JsonObject {
  const { sealedSecrets: _sealed, ...properties } = resource.properties
  return { ...properties, ...resource.status, group: groupOf(properties['category']), metadata: properties['metadata'] ?? {} }
}

/** Azure's coarse kinds of connections. */
function groupOf(category: unknown): string {
  const name = String(category).toLowerCase()
  if (/openai|cognitive|aiservices|serverless|azureopenai|contentsafety|speech/.test(name)) return 'AzureAI'
  if (/blob|lake|sql|s3|database|snowflake|synapse|onelake|file/.test(name)) return 'Database'
  return name === 'git' || name === 'containerregistry' || name === 'pythonfeed' ? 'GenericProtocol' : 'ServicesAndApps'
}

/** The connection with everything that was entered. @throws ResourceNotFound */
export async function connectionWithSecrets(ctx: Context, id: string) {
  const resource = await ctx.resources.find(id)
  if (resource === undefined) throw notFound('Connection', id)
  const answer = presentResource(ctx.resources.kinds.require(resource.type), resource)
  const text = resource.properties['sealedSecrets']
  const secrets =
    typeof text === 'string'
      ? (JSON.parse(openWithRoot(ctx.rootKey, text, sealContext(resource.id)).toString('utf8')) as {
          credentials: JsonObject
          value?: string
        })
      : { credentials: {} }
  return {
    ...answer,
    properties: {
      ...answer.properties,
      ...(secrets.value === undefined ? {} : { value: secrets.value }),
      credentials: { ...(answer.properties['credentials'] as JsonObject), ...secrets.credentials },
    },
  }
}
