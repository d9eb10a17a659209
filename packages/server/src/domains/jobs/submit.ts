import { jobProperties, type Resource } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { presentResource, type ResourceBody, type ResourceWrite, type StoredResource } from '../../kernel/resources/index.ts'
import { childProperties, insertChildJobs } from './child-jobs.ts'
import { requireReadable } from '../storage/index.ts'
import { changeSpecs, referencesOf, stepsWithin } from './control-flow/control-step.ts'
import { loadComponents } from './components.ts'
import { requireRay } from './distribution.ts'
import { parseDurationMs } from './duration.ts'
import { countSources } from './graph.ts'
import { childJobName, jobId, jobResourceType, workspaceIdOf } from './job-ids.ts'
import { holdFinalizers, insertGraph } from './job-store.ts'
import { planJob } from './plan-job.ts'
import { baseOf, placeOf } from './place-in-request.ts'
import { capacityOf } from './queue/capacity.ts'
import { priorityOf, requestOn } from './queue/resource-request.ts'
import type { JobPlan } from './plan-types.ts'
import { requirePrograms } from './required-programs.ts'
import { ReferenceResolver } from './reference-resolver.ts'
import { withSourceJob } from './source-job.ts'
import type { StepInput, StepSpec } from './types.ts'

export interface JobSubmission {
  readonly workspaceId: string
  /** Chosen by the server when absent. */
  readonly name?: string
  readonly body: ResourceBody
}

/** Submits a job in somebody's name; submitting the same name and spec again changes nothing. @throws Conflict the spec differs */
export async function submitJob(ctx: Context, actor: Actor, submission: JobSubmission): Promise<Resource> {
  return ctx.db.transaction((tx) => submitJobWithin(tx, ctx, actor, submission))
}

/** As {@link submitJob}, inside a transaction of the caller. */
export async function submitJobWithin(tx: Tx, ctx: Context, actor: Actor, submission: JobSubmission): Promise<Resource> {
  const name = submission.name ?? newJobName(ctx)
  const id = jobId(submission.workspaceId, name)
  const written = await ctx.resources.putIn(tx, actor, { id, type: jobResourceType, body: submission.body })
  return presentResource(ctx.resources.kinds.require(jobResourceType), written.resource)
}

export function newJobName(ctx: Context): string {
  return `job-${ctx.ids.base62(12).toLowerCase()}`
}

/** The write hook of a new job: plans it, stores its graph and its children, and wakes the engine. */
export async function submitJobIn(
  tx: Executor,
  ctx: Context,
  write: Pick<ResourceWrite, 'actor' | 'body'>,
  resource: StoredResource,
): Promise<void> {
  const { actor } = write
  const workspaceId = workspaceIdOf(resource.id)
  // As sent: the store does not keep the order in which the author wrote the steps.
  const properties = await withSourceJob(tx, workspaceId, jobProperties.parse(write.body.properties))
  const components = await loadComponents(tx, ctx, workspaceId, properties)
  const plan = planJob({ jobName: resource.name, properties, components })
  const readable = new Map<string, Promise<void>>()
  const requireOnce = (reference: string): Promise<void> => {
    const known = readable.get(reference) ?? requireReadable(ctx, tx, actor, { ownerId: workspaceId, references: [reference] })
    readable.set(reference, known)
    return known
  }
  for (const step of plan.steps) {
    // Components of others may name what the submitter may not read.
    for (const { name, spec } of stepsWithin(step)) {
      const place = placeOf(name, plan)
      for (const [member, reference] of referencesOf(spec)) await place(member, requireOnce(reference))
    }
  }
  const specs = await resolveReferences(tx, ctx, workspaceId, plan)
  const remaining = countSources(
    plan.steps.map((step) => step.name),
    plan.edges,
  )
  const pipeline = properties.jobType === 'Pipeline'
  const steps = plan.steps.map((step) => ({
    name: step.name,
    resourceId: pipeline ? jobId(workspaceId, childJobName(resource.id, step.name)) : resource.id,
    spec: specs.get(step.name) ?? step.spec,
    remaining: remaining.get(step.name) ?? 0,
  }))
  const settings = properties.settings ?? {}
  const graphId = await insertGraph(tx, {
    resourceId: resource.id,
    workspaceId,
    kind: properties.jobType,
    submitter: actor,
    continueOnStepFailure: settings['continue_on_step_failure'] === true,
    forceRerun: settings['force_rerun'] === true,
    timeoutMs: pipeline ? parseDurationMs(properties.limits?.timeout, 'properties.limits.timeout') : undefined,
    priority: priorityOf(properties['queueSettings']) ?? 2,
    steps,
    edges: plan.edges,
  })
  await holdFinalizers(tx, graphId, plan.finalizers ?? [])
  if (pipeline) {
    const children = steps.map((step) => ({
      resourceId: step.resourceId,
      properties: childProperties(resource.name, step.name, step.spec),
    }))
    await insertChildJobs(tx, ctx, { actor, workspaceId, children })
  }
  await sql`select pg_notify('steps', '')`.execute(tx)
}

/**
 * What is fixed at submission: the environment version, the newest version behind `@latest`, and whether the compute can run anything;
 * steps on one that cannot keep the reason and fail with it.
 */
async function resolveReferences(tx: Executor, ctx: Context, workspaceId: string, plan: JobPlan): Promise<Map<string, StepSpec>> {
  const resolver = new ReferenceResolver(ctx, tx, workspaceId)
  const specs = new Map<string, StepSpec>()
  const resolve = async (spec: StepSpec, name: string): Promise<StepSpec> => {
    const place = placeOf(name, plan)
    const compute = await place('computeId', resolver.compute(spec.computeId ?? 'local'))
    const { unsupported, name: computeName, slots, gpuSize, isolation } = compute
    const request = requestOn(capacityOf(ctx), spec.asked, {
      nodes: spec.instanceCount,
      gpuSize: gpuSize === true,
      maxNodes: slots,
      target: `${baseOf(name, plan)}.resources`,
    })
    if (spec.environmentId === undefined) requireRay(spec.distribution, undefined)
    await requirePrograms(ctx, spec)
    const environmentId =
      spec.environmentId === undefined ? undefined : await place('environmentId', resolver.environment(spec.environmentId))
    if (spec.codeId !== undefined) await place('codeId', resolver.exists(spec.codeId))
    const inputs: Record<string, StepInput> = {}
    for (const [input, value] of Object.entries(spec.inputs)) {
      inputs[input] = value.kind === 'data' ? { ...value, uri: await place(`inputs.${input}`, resolver.data(value.uri)) } : value
    }
    return {
      ...spec,
      inputs,
      computeName,
      request,
      ...(isolation === undefined ? {} : { isolation }),
      ...(environmentId === undefined ? {} : { environmentId }),
      ...(unsupported === undefined || spec.unsupported !== undefined ? {} : { unsupported }),
    }
  }
  for (const { name, spec } of plan.steps) specs.set(name, await changeSpecs({ name, spec }, resolve))
  return specs
}
