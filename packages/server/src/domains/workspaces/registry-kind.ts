import { conflict, nameOf, registryKind } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { bumpAuthorizationGeneration } from '../../kernel/authz/index.ts'
import type { KindBehaviour, StoredResource } from '../../kernel/resources/index.ts'
import { addressOf, mlflowAddressOf } from './addresses.ts'
import { neighboursOf } from './names.ts'
import { createNeighboursIn } from './neighbours.ts'

/** Registries: shared assets of several workspaces, with a storage account and a container registry of their own. */
export function registryBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: registryKind,
    defaults: ({ id, body, existing }) => ({
      ...body,
      location: body.location ?? existing?.location ?? 'local',
      identity: body.identity ?? existing?.identity ?? { type: 'SystemAssigned' },
      properties: {
        ...body.properties,
        regionDetails: body.properties['regionDetails'] ?? [{ location: body.location ?? 'local' }],
        storageAccount: neighboursOf(id).storageAccount,
        containerRegistry: neighboursOf(id).containerRegistry,
      },
    }),
    validate: async (tx, { id, existing }) => {
      if (existing !== undefined) return
      const taken = await tx
        .selectFrom('resources')
        .select('id')
        .where('type', '=', registryKind.type.toLowerCase())
        .where(sql<boolean>`lower(name) = ${nameOf(id).toLowerCase()}`)
        .executeTakeFirst()
      // Assets are named by their registry's name alone.
      if (taken !== undefined)
        throw conflict(`The registry name '${nameOf(id)}' is taken; registry names are unique on an instance.`, {
          code: 'ResourceAlreadyExists',
          target: 'name',
        })
    },
    statusOnWrite: ({ existing }) => ({
      provisioningState: 'Succeeded',
      ...(existing === undefined ? { registryId: ctx.ids.uuid() } : {}),
    }),
    afterWrite: async (tx, resource, { actor, existing }) => {
      if (existing === undefined)
        await createNeighboursIn(tx, ctx, actor, { resource, members: ['storageAccount', 'containerRegistry'] })
    },
    afterDelete: (tx) => bumpAuthorizationGeneration(tx),
    present: (resource, origin) => present(ctx, resource, origin),
    presentEnvelope: (resource) => ({ tags: { ...resource.tags } }),
  }
}

function present(ctx: Context, resource: StoredResource, origin: string | undefined) {
  const { storageAccount, containerRegistry, ...properties } = resource.properties
  const regions = Array.isArray(properties['regionDetails']) ? (properties['regionDetails'] as Record<string, unknown>[]) : []
  return {
    ...properties,
    ...resource.status,
    discoveryUrl: `${addressOf(ctx, origin)}/registrymanagement/v1.0/registries/${resource.name}/discovery`,
    mlFlowRegistryUri: mlflowAddressOf(ctx, resource.id, origin),
    publicNetworkAccess: properties['publicNetworkAccess'] ?? 'Enabled',
    managedResourceGroupTags: {},
    registryPrivateEndpointConnections: [],
    regionDetails: regions.map((region) => ({
      ...region,
      acrDetails: [{ systemCreatedAcrAccount: { acrAccountSku: 'Premium', armResourceId: { resourceId: containerRegistry } } }],
      storageAccountDetails: [
        { systemCreatedStorageAccount: { storageAccountType: 'Standard_LRS', armResourceId: { resourceId: storageAccount } } },
      ],
    })),
  }
}
