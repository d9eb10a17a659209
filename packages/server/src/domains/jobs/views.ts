import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { findJobByResource } from './job-store.ts'
import { nameOf } from './job-ids.ts'
import type { StepRow } from './step-store.ts'

/** What the studio and the CLI show of a job beyond the resource and its graph: why steps ran, its outputs. */

interface JobSteps {
  readonly resource: StoredResource
  readonly steps: readonly StepRow[]
}

/** The steps of a job, or the one step that a child job is. */
export async function stepsOf(ctx: Context, resourceId: string): Promise<JobSteps> {
  const resource = await ctx.resources.require(resourceId)
  const job = await findJobByResource(ctx.db.kysely, resourceId)
  const query = ctx.db.kysely.selectFrom('steps').selectAll().orderBy('id')
  const steps = await (
    job === undefined ? query.where('resource_id', '=', resourceId.toLowerCase()) : query.where('job_id', '=', job.id)
  ).execute()
  return { resource, steps }
}

export async function explainJob(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { resource, steps } = await stepsOf(ctx, request.scope)
  return ok({
    jobName: resource.name,
    value: steps.map((step) => ({
      step: step.name,
      jobName: nameOf(step.resource_id),
      decision: step.reuse_decision ?? (step.spec.mayReuse ? null : { reused: false, reason: 'not-in-pipeline' }),
      key: step.reuse_key,
      fields: step.key_fields ?? {},
    })),
  })
}

export async function listOutputs(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const resource = await ctx.resources.require(request.scope)
  const outputs = (resource.status['outputs'] ?? {}) as Record<string, Record<string, unknown>>
  return ok({ value: Object.entries(outputs).map(([name, output]) => ({ name, ...output })) })
}
