import { AppError, endpointKinds, invalid, type ResourceKind } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import {
  listResources,
  type KindBehaviour,
  type ResourceBody,
  type ResourceWrite,
  type StoredResource,
} from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { endpointPath } from '../../gateway/snapshot.ts'
import { parseRelativePath } from '../../kernel/safe/index.ts'
import { passGuards } from './deployment-guards.ts'
import { durationMs } from './duration.ts'
import { createKeys } from './endpoint-keys.ts'
import { describeModel, digestOf, resolveModel } from './resolve-model.ts'
import { forgetPlan, publishRoute } from './serving-store.ts'
import { checkTraffic } from './traffic-rules.ts'
import { deploymentType, endpointIdOf, endpointType, namesOf, objectOf, percentsOf, textOf } from './types.ts'

export function endpointBehaviours(ctx: Context): KindBehaviour[] {
  return [endpointBehaviour(ctx), deploymentBehaviour(ctx)]
}

function kindOf(type: string): ResourceKind {
  const found = endpointKinds.find((kind) => kind.type === type)
  if (found === undefined) throw new Error(`The contract has no kind '${type}'.`)
  return found
}

function endpointBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: kindOf(endpointType),
    immutableMembers: ['compute'],
    defaults: ({ body }) => ({
      ...body,
      identity: body.identity ?? { type: 'SystemAssigned' },
      properties: {
        compute: null,
        ...body.properties,
        authMode: body.properties['authMode'] ?? 'Key',
        description: body.properties['description'] ?? '',
        properties: body.properties['properties'] ?? {},
        traffic: body.properties['traffic'] ?? {},
        mirrorTraffic: body.properties['mirrorTraffic'] ?? {},
        publicNetworkAccess: body.properties['publicNetworkAccess'] ?? 'Enabled',
      },
    }),
    async validate(tx, write) {
      const deployments = await deploymentsOf(tx, write.id)
      checkTraffic({
        traffic: percentsOf(write.body.properties['traffic']),
        mirrorTraffic: percentsOf(write.body.properties['mirrorTraffic']),
        deployments: deployments.map((deployment) => deployment.name),
        kubernetes: textOf(write.body.properties['compute']) !== undefined,
      })
    },
    async afterWrite(tx, resource, write) {
      const { keys, ...rest } = resource.properties
      if (write.existing === undefined) await createKeys(tx, ctx, resource.id, objectOf(keys))
      // Keys are secrets: they are kept as such and nowhere else.
      if (keys !== undefined)
        await tx
          .updateTable('resources')
          .set({ properties: JSON.stringify(rest) })
          .where('id', '=', resource.id.toLowerCase())
          .execute()
      await publishRoute(tx, ctx, resource)
    },
    present: (resource) => presentEndpoint(ctx, resource),
  }
}

export async function deploymentsOf(db: Executor, endpointId: string): Promise<StoredResource[]> {
  return listResources(db, { type: deploymentType, parentId: endpointId, limit: 1_000, order: 'oldest' })
}

/** Where a client scores. */
export function scoringBase(ctx: Context, endpointId: string): string {
  const { host, port } = ctx.config.gateway
  const { resourceGroup, workspace, endpoint } = namesOf(endpointId)
  const named = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${named.includes(':') ? `[${named}]` : named}:${port}/endpoints/${endpointPath(resourceGroup, workspace, endpoint)}`
}

function presentEndpoint(ctx: Context, resource: StoredResource): JsonObject {
  const { keys: _keys, ...properties } = resource.properties
  const base = scoringBase(ctx, resource.id)
  return { ...properties, ...resource.status, keys: null, scoringUri: `${base}/score`, swaggerUri: `${base}/swagger.json` }
}

const defaultProbe = { initialDelay: 'PT10S', period: 'PT10S', timeout: 'PT2S', failureThreshold: 30, successThreshold: 1 }
/** Row-wise engines answer many requests at once only when more than Azure's one may enter. */
const noCodeConcurrency = 64

function deploymentDefaults({ body }: ResourceWrite): ResourceBody {
  const { properties } = body
  const noCode = properties['codeConfiguration'] === undefined || properties['codeConfiguration'] === null
  const capacity = body.sku?.['capacity']
  return {
    ...body,
    sku: { name: 'Default', ...body.sku, capacity: typeof capacity === 'number' ? capacity : 1 },
    properties: {
      ...properties,
      endpointComputeType: properties['endpointComputeType'] ?? 'Managed',
      description: properties['description'] ?? '',
      properties: properties['properties'] ?? {},
      environmentVariables: properties['environmentVariables'] ?? {},
      instanceType: properties['instanceType'] ?? 'local',
      appInsightsEnabled: properties['appInsightsEnabled'] ?? false,
      egressPublicNetworkAccess: properties['egressPublicNetworkAccess'] ?? 'Enabled',
      scaleSettings: properties['scaleSettings'] ?? { scaleType: 'Default' },
      requestSettings: {
        requestTimeout: 'PT5S',
        maxConcurrentRequestsPerInstance: noCode ? noCodeConcurrency : 1,
        maxQueueWait: 'PT0.5S',
        ...present(properties['requestSettings']),
      },
      livenessProbe: { ...defaultProbe, ...present(properties['livenessProbe']) },
      readinessProbe: { ...defaultProbe, ...present(properties['readinessProbe']) },
    },
  }
}

/** Members that are there; null means absent. */
function present(value: unknown): JsonObject {
  return Object.fromEntries(Object.entries(objectOf(value)).filter(([, member]) => member !== null && member !== undefined))
}

function deploymentBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: kindOf(deploymentType),
    immutableMembers: ['endpointComputeType'],
    defaults: deploymentDefaults,
    async validate(tx, write) {
      checkDeployment(write)
      const endpointId = endpointIdOf(write.id)
      const reference = textOf(write.body.properties['model'])
      const model = reference === undefined ? undefined : await resolveModel(ctx, tx, endpointIdOf(endpointId), reference)
      const deploymentName = write.id.slice(write.id.lastIndexOf('/') + 1)
      await passGuards(ctx, tx, {
        actor: write.actor,
        endpointId,
        deploymentName,
        digest: (model === undefined ? undefined : digestOf(model)) ?? '(none)',
        what: model === undefined ? `Deployment '${deploymentName}'` : describeModel(model),
      })
    },
    async afterWrite(tx, resource, write) {
      if (write.existing?.status['provisioningState'] === 'Failed') await forgetPlan(tx, resource.id)
    },
    async beforeDelete(tx, resource) {
      const endpoint = await ctx.resources.find(endpointIdOf(resource.id), tx)
      const share = percentsOf(endpoint?.properties['traffic'])[resource.name] ?? 0
      if (share > 0) {
        throw new AppError(
          'Conflict',
          `Deployment '${resource.name}' takes ${share} % of the traffic and cannot be deleted. Set its traffic to 0 first.`,
          { target: resource.id },
        )
      }
    },
  }
}

function checkDeployment({ body }: ResourceWrite): void {
  const { properties } = body
  const code = properties['codeConfiguration']
  const script = textOf(objectOf(code)['scoringScript'])
  if (script !== undefined) parseRelativePath(script)
  if (script === undefined && textOf(properties['model']) === undefined) {
    throw invalid('A deployment needs a model, or a codeConfiguration with a scoring script.', { target: 'properties.model' })
  }
  const capacity = body.sku?.['capacity']
  if (typeof capacity !== 'number' || !Number.isInteger(capacity) || capacity < 1 || capacity > 50) {
    throw invalid(`The number of instances is ${String(capacity)}; it must be from 1 to 50.`, { target: 'sku.capacity' })
  }
  const settings = objectOf(properties['requestSettings'])
  const limitMs = properties['endpointComputeType'] === 'Kubernetes' ? 300_000 : 180_000
  if (durationMs(settings['requestTimeout'], 5_000, 'properties.requestSettings.requestTimeout') > limitMs) {
    throw invalid(`requestTimeout is longer than ${limitMs / 1000} seconds.`, {
      target: 'properties.requestSettings.requestTimeout',
    })
  }
  for (const probe of ['livenessProbe', 'readinessProbe']) {
    for (const member of ['initialDelay', 'period', 'timeout'])
      durationMs(objectOf(properties[probe])[member], 1_000, `properties.${probe}.${member}`)
  }
}
