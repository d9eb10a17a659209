import { invalid, type ErrorDetail } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, findResources, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { neighboursOf, neighbourTypes, type Neighbours } from './names.ts'

/** Creates the neighbours whose ids the platform chose and that are missing, in the transaction of their owner. */
export async function createNeighboursIn(
  tx: Executor,
  ctx: Context,
  actor: Actor,
  owner: { resource: StoredResource; members: readonly (keyof Neighbours)[] },
): Promise<void> {
  const own = neighboursOf(owner.resource.id)
  for (const member of owner.members) {
    const id = own[member]
    const asked = owner.resource.properties[member]
    if (typeof asked === 'string' && asked.toLowerCase() !== id.toLowerCase()) continue
    if ((await findResource(tx, id)) !== undefined) continue
    await ctx.resources.putIn(tx, actor, {
      id,
      type: neighbourTypes[member],
      body: {
        location: owner.resource.location ?? 'local',
        tags: owner.resource.tags,
        ...skuOf(member),
        properties: propertiesOf(member, own),
      },
    })
  }
}

function skuOf(member: keyof Neighbours): { sku?: JsonObject; kind?: string } {
  if (member === 'storageAccount') return { sku: { name: 'Standard_LRS' }, kind: 'StorageV2' }
  if (member === 'containerRegistry') return { sku: { name: 'Premium' } }
  return member === 'applicationInsights' ? { kind: 'web' } : {}
}

function propertiesOf(member: keyof Neighbours, own: Neighbours): JsonObject {
  if (member === 'applicationInsights') return { Application_Type: 'web', WorkspaceResourceId: own.logAnalytics }
  if (member === 'keyVault')
    return { sku: { family: 'A', name: 'standard' }, enableRbacAuthorization: true, enableSoftDelete: true }
  return {}
}

/** Ids that the client chose itself must exist. @throws InvalidRequestContent naming each that does not */
export async function refuseMissingNeighbours(tx: Executor, id: string, properties: JsonObject): Promise<void> {
  const own = neighboursOf(id)
  const chosen = (['storageAccount', 'keyVault', 'applicationInsights', 'containerRegistry'] as const).flatMap((member) => {
    const asked = properties[member]
    return typeof asked === 'string' && asked.toLowerCase() !== own[member].toLowerCase() ? [{ member, asked }] : []
  })
  const found = new Set(
    (
      await findResources(
        tx,
        chosen.map(({ asked }) => asked),
      )
    ).map((resource) => resource.id.toLowerCase()),
  )
  const details: ErrorDetail[] = chosen
    .filter(({ asked }) => !found.has(asked.toLowerCase()))
    .map(({ member, asked }) => ({
      code: 'ResourceNotFound',
      message: `'${asked}' does not exist. Leave '${member}' out to have one created.`,
      target: `properties.${member}`,
    }))
  if (details[0] !== undefined) throw invalid(details[0].message, { target: details[0].target ?? 'properties', details })
}
