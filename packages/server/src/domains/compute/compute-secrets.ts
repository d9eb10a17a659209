import type { Context } from '../../context.ts'
import { openWithRoot, sealWithRoot } from '../../kernel/secrets/index.ts'
import type { ResourceWrite, StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'

/** Members of a compute's `properties` that Azure declares secret, at any depth. */
const secretMembers = new Set([
  'password',
  'privatekeydata',
  'adminuserpassword',
  'databricksaccesstoken',
  'relayconnectionstring',
  'servicebusconnectionstring',
])

/** Takes secrets out of what a client sends and seals them; what it does not send again is kept. */
export function sealSecrets(ctx: Context, { id, body, existing }: ResourceWrite): JsonObject {
  const { sealedSecrets: _given, ...properties } = body.properties
  const { open, secret } = divide(properties)
  const kept = existing?.properties['sealedSecrets']
  const sealedSecrets =
    secret === undefined ? kept : sealWithRoot(ctx.rootKey, Buffer.from(JSON.stringify(secret)), sealContext(id))
  return { ...open, ...(sealedSecrets === undefined ? {} : { sealedSecrets }) }
}

/** What was entered, in the form of Azure's `listKeys`: the members of `properties.properties`. */
export function openSecrets(ctx: Context, compute: StoredResource): JsonObject {
  const text = compute.properties['sealedSecrets']
  if (typeof text !== 'string') return {}
  const secret = JSON.parse(openWithRoot(ctx.rootKey, text, sealContext(compute.id)).toString('utf8')) as JsonObject
  const inner = secret['properties']
  return typeof inner === 'object' && inner !== null ? (inner as JsonObject) : secret
}

function sealContext(id: string): readonly string[] {
  return ['compute', id.toLowerCase()]
}

function divide(value: JsonObject): { open: JsonObject; secret: JsonObject | undefined } {
  const open: JsonObject = {}
  const secret: JsonObject = {}
  for (const [name, member] of Object.entries(value)) {
    if (secretMembers.has(name.toLowerCase()) && typeof member === 'string') secret[name] = member
    else if (typeof member === 'object' && member !== null && !Array.isArray(member)) {
      const divided = divide(member as JsonObject)
      open[name] = divided.open
      if (divided.secret !== undefined) secret[name] = divided.secret
    } else open[name] = member
  }
  return { open, secret: Object.keys(secret).length === 0 ? undefined : secret }
}
