import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { findJobByResource } from './job-store.ts'
import { nameOf } from './job-ids.ts'
import { apiStatusOf } from './planner.ts'
import type { StepRow } from './step-store.ts'

/** What the studio and the CLI show of a job beyond the resource: its graph, why steps ran, its outputs. */

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

export async function showSteps(ctx: Context, request: ApiRequest): Promise<ApiReply> {
  const { resource, steps } = await stepsOf(ctx, request.scope)
  const ids = steps.map((step) => step.id)
  const names = new Map(steps.map((step) => [step.id, step.name]))
  const db = ctx.db.kysely
  const [edges, events, attempts] =
    ids.length === 0
      ? [[], [], []]
      : await Promise.all([
          db.selectFrom('edges').selectAll().where('source', 'in', ids).where('target', 'in', ids).execute(),
          db
            .selectFrom('job_events')
            .select(['step_id', 'attempt', 'to_state', 'at', 'data'])
            .where('step_id', 'in', ids)
            .orderBy('sequence')
            .execute(),
          db
            .selectFrom('attempts')
            .select(['step_id', 'attempt', 'exit', 'started_at', 'ended_at'])
            .where('step_id', 'in', ids)
            .orderBy('attempt')
            .execute(),
        ])
  const trials = await trialsOf(ctx, steps)
  const nodes = steps.map((step) => {
    const own = events.filter((event) => event.step_id === step.id && !/^(Trial|Iteration)/.test(event.to_state))
    return {
      name: step.name,
      jobName: nameOf(step.resource_id),
      displayName: step.spec.displayName,
      type: step.spec.type,
      status: apiStatusOf(step.state, step.outcome),
      state: step.state,
      outcome: step.outcome,
      reused: step.outcome === 'Reused',
      attempt: step.attempt,
      outputs: step.outputs,
      ...(step.error === null ? {} : { error: step.error }),
      ...(step.spec.sweep === undefined ? {} : { objective: step.spec.sweep.objective, trials: trials.get(step.id) ?? [] }),
      ...(step.reuse_decision === null ? {} : { reuse: step.reuse_decision }),
      phases: own.map((event) => ({ name: event.to_state, at: event.at.toISOString(), attempt: event.attempt })),
      attempts: attempts
        .filter((attempt) => attempt.step_id === step.id)
        .map((attempt) => ({
          attempt: attempt.attempt,
          startedAt: attempt.started_at.toISOString(),
          endedAt: attempt.ended_at?.toISOString() ?? null,
          exitCode: attempt.exit?.exitCode ?? null,
          reason: attempt.exit?.reason ?? null,
          isolation: attempt.exit?.isolation ?? null,
        })),
    }
  })
  return ok({
    jobName: resource.name,
    nodes,
    edges: edges.map((edge) => ({ source: names.get(edge.source), target: names.get(edge.target) })),
  })
}

/** The trials of the sweeps among the steps, in the order in which they were made. */
async function trialsOf(ctx: Context, steps: readonly StepRow[]): Promise<Map<number, object[]>> {
  const ids = steps.filter((step) => step.spec.sweep !== undefined).map((step) => step.id)
  const found = new Map<number, object[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return found
  const rows = await ctx.db.kysely
    .selectFrom('sweep_trials')
    .leftJoin('steps', 'steps.job_id', 'sweep_trials.job_id')
    .select([
      'step_id',
      'number',
      'sweep_trials.name',
      'parameters',
      'status',
      'objective',
      'stop_reason',
      'state',
      'steps.outcome',
    ])
    .where('step_id', 'in', ids)
    .orderBy('number')
    .execute()
  for (const row of rows) {
    found.get(row.step_id)?.push({
      number: row.number,
      jobName: row.name,
      status: row.status ?? (row.state === null ? 'Canceled' : apiStatusOf(row.state, row.outcome)),
      parameters: row.parameters,
      objective: row.objective,
      stopReason: row.stop_reason,
    })
  }
  return found
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
  const { resource } = await stepsOf(ctx, request.scope)
  const outputs = (resource.status['outputs'] ?? {}) as Record<string, Record<string, unknown>>
  return ok({ value: Object.entries(outputs).map(([name, output]) => ({ name, ...output })) })
}
