import { AppError, notFound, type Resource } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { systemActor, type Actor } from '../../../kernel/auth/index.ts'
import { appendEvent } from '../../../kernel/events/index.ts'
import type { ApiReply, ApiRequest } from '../../../kernel/http/index.ts'
import { findResource, listResources, type StoredResource } from '../../../kernel/resources/index.ts'
import { childJobName, newJobName, submitJobWithin } from '../../jobs/index.ts'
import { endpointIdOf, objectOf, textOf } from '../types.ts'
import { presentBatchJob } from './batch-jobs.ts'
import { planInvocation } from './plan-invocation.ts'
import { readInvocation } from './read-invocation.ts'
import { batchDeploymentType, batchEndpointType } from './types.ts'

const componentType = 'Microsoft.MachineLearningServices/workspaces/components/versions'
const jobsWrite = 'Microsoft.MachineLearningServices/workspaces/jobs/write'

/** Starts a job with a deployment: the one in the path, in the header `azureml-model-deployment`, or the endpoint's default. */
export async function invokeBatch(ctx: Context, request: ApiRequest<unknown, Record<string, unknown>>): Promise<ApiReply> {
  const { scope, actor, headers } = request
  const inPath = /^(.*\/batchEndpoints\/[^/]+)\/deployments\/([^/]+)$/i.exec(scope)
  const endpoint = await ctx.resources.require(inPath?.[1] ?? scope)
  const header = headers['azureml-model-deployment']
  const deployment = await findDeployment(ctx, endpoint, inPath?.[2] ?? textOf(Array.isArray(header) ? header[0] : header))
  const workspaceId = endpointIdOf(endpoint.id)
  await requireJobsWrite(ctx, actor, workspaceId)
  const job = await submit(ctx, { actor, endpoint, deployment, workspaceId, body: request.body, requestId: request.id })
  return { status: 201, body: presentBatchJob(endpoint.id, job) }
}

/** The job is the caller's: who may not submit jobs may not do so through an endpoint. */
async function requireJobsWrite(ctx: Context, actor: Actor, workspaceId: string): Promise<void> {
  if (await ctx.authorization.allows(actor, jobsWrite, 'control', workspaceId)) return
  throw new AppError(
    'AuthorizationFailed',
    `'${actor.name}' may invoke the endpoint but not submit jobs: the action ${jobsWrite} on the workspace is missing.`,
    { target: workspaceId },
  )
}

async function findDeployment(ctx: Context, endpoint: StoredResource, named: string | undefined): Promise<StoredResource> {
  const deployments = await listResources(ctx.db.kysely, { type: batchDeploymentType, parentId: endpoint.id, limit: 1_000 })
  const names = deployments.map((deployment) => deployment.name)
  const wanted = named ?? textOf(objectOf(endpoint.properties['defaults'])['deploymentName'])
  const hint = names.length === 0 ? 'The endpoint has no deployment yet.' : `The endpoint has: ${names.join(', ')}.`
  if (wanted === undefined) {
    throw new AppError(
      'BadRequest',
      `Endpoint '${endpoint.name}' has no default deployment. Set defaults.deploymentName, or name one in the header azureml-model-deployment. ${hint}`,
      { target: 'properties.defaults.deploymentName' },
    )
  }
  const found = deployments.find((deployment) => deployment.name.toLowerCase() === wanted.toLowerCase())
  if (found === undefined) throw notFound('Batch deployment', wanted, hint)
  const state = String(found.status['provisioningState'])
  if (state !== 'Succeeded') {
    throw new AppError('Conflict', `Deployment '${found.name}' is ${state} and cannot be invoked.`, { target: found.id })
  }
  return found
}

interface Submission {
  readonly actor: Actor
  readonly endpoint: StoredResource
  readonly deployment: StoredResource
  readonly workspaceId: string
  readonly body: Record<string, unknown>
  readonly requestId: string
}

async function submit(ctx: Context, draft: Submission): Promise<Resource> {
  const { actor, endpoint, deployment, workspaceId } = draft
  const invocation = readInvocation(draft.body)
  const jobName = invocation.name ?? newJobName(ctx)
  const modelId = textOf(deployment.status['modelId'])
  const environmentId = textOf(deployment.status['environmentId'])
  const { job: properties, component } = planInvocation({
    workspaceId,
    endpointName: endpoint.name,
    deployment,
    invocation,
    scoringJobName: childJobName(`${workspaceId}/jobs/${jobName}`, 'batchscoring'),
    ...(modelId === undefined ? {} : { model: { id: modelId, type: textOf(deployment.status['modelType']) ?? 'custom_model' } }),
    ...(environmentId === undefined ? {} : { environmentId }),
  })
  return ctx.db.transaction(async (tx) => {
    if (component !== undefined && (await findResource(tx, component.id)) === undefined) {
      // The platform's own: who may invoke need not have the right to write components.
      const body = { properties: { isAnonymous: true, componentSpec: component.spec } }
      await ctx.resources.putIn(tx, systemActor, { id: component.id, type: componentType, body })
    }
    const job = await submitJobWithin(tx, ctx, actor, {
      workspaceId,
      name: jobName,
      body: { properties },
    })
    await tx
      .insertInto('batch_invocations')
      .values({
        job_id: job.id.toLowerCase(),
        endpoint_id: endpoint.id.toLowerCase(),
        deployment_id: deployment.id.toLowerCase(),
      })
      .onConflict((conflict) => conflict.column('job_id').doNothing())
      .execute()
    await appendEvent(
      tx,
      ctx,
      actor,
      {
        type: 'batchEndpoints.invoked',
        subject: endpoint.id,
        action: `${batchEndpointType}/jobs/write`,
        data: { deployment: deployment.name, jobName: job.name },
      },
      draft.requestId,
    )
    return job
  })
}
