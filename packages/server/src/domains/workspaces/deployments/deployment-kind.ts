import { deploymentKind, deploymentOperations, notSupported, parseArmId } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { ok, requireAction, route, type Route } from '../../../kernel/http/index.ts'
import type { KindBehaviour, ResourceBody, ResourceWrite, StoredResource } from '../../../kernel/resources/index.ts'
import type { JsonObject } from '../../../kernel/tables.ts'
import { planTemplate, type PlannedResource } from './template.ts'

/** Types that a template may make, in the order in which they need each other. */
const offered = [
  'Microsoft.OperationalInsights/workspaces',
  'Microsoft.Insights/components',
  'Microsoft.Storage/storageAccounts',
  'Microsoft.KeyVault/vaults',
  'Microsoft.ContainerRegistry/registries',
  'Microsoft.MachineLearningServices/workspaces',
  'Microsoft.MachineLearningServices/workspaces/connections',
  'Microsoft.MachineLearningServices/workspaces/computes',
  'Microsoft.MachineLearningServices/workspaces/datastores',
]

/**
 * Deployments of templates that make a workspace and what it depends on: how Azure's SDK creates workspaces. Everything
 * that a template asks for is made in the transaction of the deployment, with the rights of its author.
 */
export function deploymentBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: deploymentKind,
    defaults: (write) => ({ ...write.body, properties: planned(ctx, write) }),
    async validate(_tx, { body, actor }) {
      for (const { id, type } of plannedIn(body.properties))
        await requireAction(ctx.authorization, actor, { action: `${type}/write`, plane: 'control', scope: id })
    },
    async afterWrite(tx, resource, { actor }) {
      for (const { id, type, body } of plannedIn(resource.properties))
        await ctx.resources.putIn(tx, actor, { id, type, body: { properties: {}, ...body } as ResourceBody })
    },
    present: (resource) => {
      const { planned: _planned, ...properties } = resource.properties
      const outputResources = plannedIn(resource.properties).map(({ id }) => ({ id }))
      return {
        ...properties,
        ...resource.status,
        timestamp: resource.modifiedAt.toISOString(),
        duration: durationOf(resource),
        outputResources,
        providers: [],
        dependencies: [],
      }
    },
  }
}

/** What is stored: the values of the parameters and what came of the template, not the template. */
function planned(ctx: Context, { id, body }: ResourceWrite): JsonObject {
  const { template, parameters, mode, templateLink, parametersLink } = body.properties
  if (templateLink !== undefined || parametersLink !== undefined)
    throw notSupported('A template or parameters by link', 'Send them in `properties.template` and `properties.parameters`.')
  if (String(mode ?? 'Incremental').toLowerCase() !== 'incremental')
    throw notSupported(`The deployment mode '${String(mode)}'`, "Use 'Incremental'.")
  const { subscriptionId = '', resourceGroup = '' } = parseArmId(id) ?? {}
  const { resources, outputs } = planTemplate((template ?? {}) as JsonObject, (parameters ?? {}) as JsonObject, {
    subscriptionId,
    tenantId: ctx.config.tenantId,
    resourceGroup,
    location: 'local',
    deploymentName: id.slice(id.lastIndexOf('/') + 1),
    newGuid: () => ctx.ids.uuid(),
    now: () => ctx.clock.now(),
  })
  return {
    mode: 'Incremental',
    parameters: parameters ?? {},
    outputs,
    planned: ordered(resources),
    correlationId: ctx.ids.uuid(),
  }
}

/** @throws NotSupported for a resource of another type, naming it */
function ordered(resources: readonly PlannedResource[]): PlannedResource[] {
  const ranked = resources.map((resource) => {
    const rank = offered.findIndex((type) => type.toLowerCase() === resource.type.toLowerCase())
    const type = offered[rank]
    if (type === undefined)
      throw notSupported(
        `A resource of type '${resource.type}' in a template`,
        `Templates here make workspaces and what they depend on: ${offered.join(', ')}.`,
      )
    return { rank, resource: { ...resource, type } }
  })
  return ranked.toSorted((left, right) => left.rank - right.rank).map(({ resource }) => resource)
}

function plannedIn(properties: JsonObject): PlannedResource[] {
  return Array.isArray(properties['planned']) ? (properties['planned'] as PlannedResource[]) : []
}

export function deploymentRoutes(ctx: Context): Route[] {
  return [
    route(deploymentOperations.operations, async ({ scope }) => {
      const deployment = await ctx.resources.require(scope)
      return ok({
        value: plannedIn(deployment.properties).map((target, index) => operationOf(deployment, target, index)),
        nextLink: null,
      })
    }),
  ]
}

function operationOf(deployment: StoredResource, { id, type }: PlannedResource, index: number) {
  const operationId = String(index + 1)
  return {
    id: `${deployment.id}/operations/${operationId}`,
    operationId,
    properties: {
      provisioningOperation: 'Create',
      provisioningState: 'Succeeded',
      timestamp: deployment.modifiedAt.toISOString(),
      duration: durationOf(deployment),
      statusCode: 'OK',
      targetResource: { id, resourceType: type, resourceName: id.slice(id.lastIndexOf('/') + 1) },
    },
  }
}

/** ISO 8601 with a fraction, as Azure writes it: clients cut it at the point. All is made in one transaction, so it is near zero. */
function durationOf({ createdAt, modifiedAt }: StoredResource): string {
  return `PT${((modifiedAt.getTime() - createdAt.getTime()) / 1000).toFixed(3)}S`
}
