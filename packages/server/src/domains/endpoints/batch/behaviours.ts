import { batchEndpointKinds, invalid, nearest, type ResourceKind } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { listResources, type KindBehaviour, type ResourceBody, type ResourceWrite } from '../../../kernel/resources/index.ts'
import { parseRelativePath } from '../../../kernel/safe/index.ts'
import { addressOf } from '../../workspaces/index.ts'
import { passGuards } from '../deployment-guards.ts'
import { durationMs } from '../duration.ts'
import { describeModel, digestOf, resolveModel } from '../resolve-model.ts'
import { endpointIdOf, objectOf, textOf } from '../types.ts'
import { plainName } from './plan-invocation.ts'
import { batchDeploymentType, batchEndpointType } from './types.ts'

export function batchBehaviours(ctx: Context): KindBehaviour[] {
  return [endpointBehaviour(ctx), deploymentBehaviour(ctx)]
}

function kindOf(type: string): ResourceKind {
  const found = batchEndpointKinds.find((kind) => kind.type === type)
  if (found === undefined) throw new Error(`The contract has no kind '${type}'.`)
  return found
}

function endpointBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: kindOf(batchEndpointType),
    defaults: ({ body }) => ({
      ...body,
      identity: body.identity ?? { type: 'SystemAssigned' },
      properties: {
        ...body.properties,
        authMode: 'AADToken',
        description: body.properties['description'] ?? '',
        properties: body.properties['properties'] ?? {},
        defaults: { deploymentName: textOf(objectOf(body.properties['defaults'])['deploymentName']) ?? null },
      },
    }),
    async validate(tx, write) {
      const wanted = textOf(objectOf(write.body.properties['defaults'])['deploymentName'])
      if (wanted !== undefined) await requireDeployment(tx, write.id, wanted)
    },
    present: (resource, origin) => ({
      ...resource.properties,
      ...resource.status,
      keys: null,
      scoringUri: `${addressOf(ctx, origin)}${resource.id}/jobs`,
      swaggerUri: null,
    }),
  }
}

/** @throws InvalidRequestContent the endpoint has no such deployment */
export async function requireDeployment(tx: Executor, endpointId: string, name: string): Promise<void> {
  const deployments = await listResources(tx, { type: batchDeploymentType, parentId: endpointId, limit: 1_000 })
  const names = deployments.map((deployment) => deployment.name)
  if (names.some((known) => known.toLowerCase() === name.toLowerCase())) return
  const hint = nearest(name, names)
  throw invalid(
    `The endpoint has no deployment '${name}'. ${hint === undefined ? (names.length === 0 ? 'It has none yet.' : `It has: ${names.join(', ')}.`) : `Did you mean '${hint}'?`}`,
    { target: 'properties.defaults.deploymentName' },
  )
}

function deploymentDefaults({ body }: ResourceWrite): ResourceBody {
  const { properties } = body
  const retry = objectOf(properties['retrySettings'])
  const resources = objectOf(properties['resources'])
  return {
    ...body,
    properties: {
      compute: null,
      codeConfiguration: null,
      environmentId: null,
      ...properties,
      description: properties['description'] ?? '',
      properties: properties['properties'] ?? {},
      environmentVariables: properties['environmentVariables'] ?? {},
      miniBatchSize: properties['miniBatchSize'] ?? 10,
      maxConcurrencyPerInstance: properties['maxConcurrencyPerInstance'] ?? 1,
      errorThreshold: properties['errorThreshold'] ?? -1,
      outputAction: properties['outputAction'] ?? 'AppendRow',
      outputFileName: properties['outputFileName'] ?? 'predictions.csv',
      loggingLevel: properties['loggingLevel'] ?? 'Info',
      retrySettings: { ...retry, maxRetries: retry['maxRetries'] ?? 3, timeout: retry['timeout'] ?? 'PT30S' },
      resources: { properties: {}, ...resources, instanceCount: resources['instanceCount'] ?? 1 },
    },
  }
}

function deploymentBehaviour(ctx: Context): KindBehaviour {
  return {
    kind: kindOf(batchDeploymentType),
    defaults: deploymentDefaults,
    async validate(tx, write) {
      checkDeployment(write)
      const { properties } = write.body
      const endpointId = endpointIdOf(write.id)
      const deploymentName = write.id.slice(write.id.lastIndexOf('/') + 1)
      const reference = textOf(objectOf(properties['model'])['assetId'])
      const model = reference === undefined ? undefined : await resolveModel(ctx, tx, endpointIdOf(endpointId), reference)
      await passGuards(ctx, tx, {
        actor: write.actor,
        endpointId,
        deploymentName,
        digest: (model === undefined ? undefined : digestOf(model)) ?? '(none)',
        what: model === undefined ? `Deployment '${deploymentName}'` : describeModel(model),
      })
    },
    present: (resource) => ({
      ...resource.properties,
      provisioningState: resource.status['provisioningState'],
    }),
  }
}

function checkDeployment({ body: { properties } }: ResourceWrite): void {
  const component = textOf(objectOf(objectOf(properties['deploymentConfiguration'])['componentId'])['assetId'])
  const script = textOf(objectOf(properties['codeConfiguration'])['scoringScript'])
  const model = textOf(objectOf(properties['model'])['assetId'])
  if (component !== undefined && (model !== undefined || script !== undefined)) {
    throw invalid('A deployment has a model, or a pipeline component in its deploymentConfiguration, not both.', {
      target: 'properties.deploymentConfiguration',
    })
  }
  if (
    component === undefined &&
    properties['deploymentConfiguration'] !== undefined &&
    properties['deploymentConfiguration'] !== null
  ) {
    throw invalid('A deploymentConfiguration needs componentId.assetId: the pipeline component to run.', {
      target: 'properties.deploymentConfiguration.componentId',
    })
  }
  if (component === undefined && model === undefined && script === undefined) {
    throw invalid('A batch deployment needs a model, a codeConfiguration with a scoring script, or a pipeline component.', {
      target: 'properties.model',
    })
  }
  if (script !== undefined) parseRelativePath(script)
  if (typeof properties['outputFileName'] === 'string') plainName(properties['outputFileName'])
  durationMs(objectOf(properties['retrySettings'])['timeout'], 30_000, 'properties.retrySettings.timeout')
}
