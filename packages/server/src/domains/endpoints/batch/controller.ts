import { invalid, isAppError } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { systemActor } from '../../../kernel/auth/index.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import { findResource, type StoredResource } from '../../../kernel/resources/index.ts'
import type { ClaimedTask, TaskResult } from '../../../kernel/tasks/index.ts'
import { environmentOfModel, placeModel, requireMlflow } from '../model-files.ts'
import { resolveModel } from '../resolve-model.ts'
import { endpointIdOf, objectOf, textOf } from '../types.ts'
import { batchDeploymentType } from './types.ts'

/** Settles what invocations of a deployment will use: its model version and, for a model without code, its environment. */
export async function reconcileBatchDeployment(ctx: Context, task: ClaimedTask): Promise<TaskResult> {
  const deployment = await findResource(ctx.db.kysely, task.key)
  if (deployment === undefined) return undefined
  const state = deployment.status['provisioningState']
  if (state === 'Deleting') {
    await deleteDeployment(ctx, deployment)
    return undefined
  }
  if (state === 'Succeeded' || state === 'Failed') return undefined
  try {
    const resolved = await resolveDeployment(ctx, deployment)
    await ctx.db.transaction(async (tx) => {
      const now = await findResource(tx, deployment.id, { forUpdate: true })
      // Written again meanwhile: the task of that write does it.
      if (now?.etag !== deployment.etag || now.status['provisioningState'] === 'Deleting') return
      await ctx.resources.updateStatus(tx, deployment.id, { provisioningState: 'Succeeded', ...resolved })
      await announce(ctx, tx, deployment, 'succeeded')
    })
  } catch (error) {
    if (!isAppError(error) || error.status >= 500) throw error
    const { message } = error
    await ctx.db.transaction(async (tx) => {
      await ctx.resources.updateStatus(
        tx,
        deployment.id,
        { provisioningState: 'Failed' },
        { code: 'InvalidDeploymentSpec', message, details: [] },
      )
      await announce(ctx, tx, deployment, 'failed', message)
    })
  }
  return undefined
}

async function announce(
  ctx: Context,
  tx: Parameters<typeof appendEvent>[0],
  deployment: StoredResource,
  result: 'succeeded' | 'failed',
  message?: string,
): Promise<void> {
  await appendEvent(tx, ctx, systemActor, {
    type: result === 'succeeded' ? 'batchDeployments.ready' : 'batchDeployments.failed',
    subject: deployment.id,
    action: `${batchDeploymentType}/write`,
    ...(result === 'failed' ? { result, data: { message: message ?? '' } } : {}),
  })
}

async function resolveDeployment(ctx: Context, deployment: StoredResource) {
  const { properties } = deployment
  const workspaceId = endpointIdOf(endpointIdOf(deployment.id))
  const reference = textOf(objectOf(properties['model'])['assetId'])
  if (reference === undefined)
    return { modelId: null, modelType: null, environmentId: textOf(properties['environmentId']) ?? null }
  const model = await resolveModel(ctx, ctx.db.kysely, workspaceId, reference)
  const found = { modelId: model.id, modelType: textOf(model.properties['modelType']) ?? 'custom_model' }
  const hasCode = textOf(objectOf(properties['codeConfiguration'])['scoringScript']) !== undefined
  if (hasCode) return { ...found, environmentId: textOf(properties['environmentId']) ?? null }
  const { own: modelDirectory } = await placeModel(ctx, model)
  await requireMlflow(modelDirectory)
  const environmentId =
    textOf(properties['environmentId']) ?? (await environmentOfModel(ctx, workspaceId, { model, modelDirectory }))
  if (environmentId === undefined) {
    throw invalid('The model names no packages (conda.yaml or requirements.txt), so the deployment needs an environment.', {
      target: 'properties.environmentId',
    })
  }
  return { ...found, environmentId }
}

/** The deployment goes, and with it its place as the endpoint's default; its jobs stay. */
async function deleteDeployment(ctx: Context, deployment: StoredResource): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const endpoint = await findResource(tx, endpointIdOf(deployment.id), { forUpdate: true })
    const chosen = textOf(objectOf(endpoint?.properties['defaults'])['deploymentName'])
    if (endpoint !== undefined && chosen?.toLowerCase() === deployment.name.toLowerCase()) {
      await tx
        .updateTable('resources')
        .set({ properties: JSON.stringify({ ...endpoint.properties, defaults: { deploymentName: null } }) })
        .where('id', '=', endpoint.id.toLowerCase())
        .execute()
    }
    await ctx.resources.removeIn(tx, systemActor, deployment)
  })
}
