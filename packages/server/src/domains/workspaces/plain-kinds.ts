import {
  applicationInsightsKind,
  conflict,
  containerRegistryKind,
  environmentLabels,
  environmentTag,
  invalid,
  keyVaultKind,
  logAnalyticsKind,
  nearest,
  resourceGroupKind,
} from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { bumpAuthorizationGeneration } from '../../kernel/authz/index.ts'
import type { KindBehaviour } from '../../kernel/resources/index.ts'

/** Resource groups carry the environment label; they are deleted when empty, so that no domain loses data unasked. */
export const resourceGroupBehaviour: KindBehaviour = {
  kind: resourceGroupKind,
  defaults: ({ body, existing }) => ({ ...body, location: body.location ?? existing?.location ?? 'local', properties: {} }),
  validate: async (_tx, { body }) => {
    const label = body.tags?.[environmentTag]
    if (label === undefined || environmentLabels.some((known) => known === label)) return
    const hint = nearest(label, environmentLabels)
    throw invalid(
      `Tag '${environmentTag}' is '${label}'; it must be one of ${environmentLabels.join(', ')}.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
      {
        target: `tags.${environmentTag}`,
      },
    )
  },
  beforeDelete: async (tx, resource) => {
    const inside = await tx
      .selectFrom('resources')
      .select('display_id')
      .where('parent_id', '=', resource.id.toLowerCase())
      .where('type', 'not like', 'microsoft.authorization/%')
      .where('type', '<>', 'microsoft.resources/deployments')
      .orderBy('created_sequence')
      .limit(5)
      .execute()
    if (inside.length === 0) return
    throw conflict(
      `Resource group '${resource.name}' is not empty. Delete its resources first, e.g. ${inside.map((row) => row.display_id).join(', ')}.`,
      { target: resource.id },
    )
  },
  afterDelete: (tx) => bumpAuthorizationGeneration(tx),
}

/** Neighbours that Azure has as services of their own: described here, their function is part of the platform. */
export function neighbourBehaviours(ctx: Context): KindBehaviour[] {
  return [
    {
      kind: keyVaultKind,
      present: ({ properties, status, name }) => ({
        ...properties,
        ...status,
        tenantId: ctx.config.tenantId,
        vaultUri: `https://${name}.vault.local/`,
      }),
    },
    {
      kind: applicationInsightsKind,
      statusOnWrite: ({ existing }) => ({
        provisioningState: 'Succeeded',
        ...(existing === undefined ? { AppId: ctx.ids.uuid() } : {}),
      }),
    },
    {
      kind: logAnalyticsKind,
      statusOnWrite: ({ existing }) => ({
        provisioningState: 'Succeeded',
        ...(existing === undefined ? { customerId: ctx.ids.uuid() } : {}),
      }),
    },
    { kind: containerRegistryKind },
  ]
}
