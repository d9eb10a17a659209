import { sql } from 'kysely'
import { notFound } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { ok, type ApiReply, type ApiRequest } from '../../kernel/http/index.ts'
import { groupSteps, type GroupedGraph } from './group-steps.ts'
import { nameOf } from './job-ids.ts'
import { apiStatusOf, type StepOutcome, type StepState } from './planner.ts'
import type { StepRow } from './step-store.ts'
import { stepsOf } from './views.ts'

interface StepsQuery {
  readonly top?: number | undefined
  readonly group?: string | undefined
  readonly skip?: number | undefined
  readonly limit?: number | undefined
}

/**
 * The graph of a job: every step with what it went through, and the edges. With `top`, a job of more steps is answered in groups;
 * with `group`, the steps of one of them, a page at a time.
 */
export async function showSteps(ctx: Context, request: ApiRequest<StepsQuery>): Promise<ApiReply> {
  const { top, group, skip = 0, limit = 100 } = request.query
  const resource = await ctx.resources.require(request.scope)
  if (group === undefined && (top === undefined || (await countSteps(ctx, request.scope)) <= top)) {
    const { steps } = await stepsOf(ctx, request.scope)
    return ok({ jobName: resource.name, total: steps.length, nodes: await nodesOf(ctx, steps), edges: await edgesOf(ctx, steps) })
  }
  const grouped = await groupedGraph(ctx, request.scope)
  if (group === undefined) return ok({ jobName: resource.name, nodes: [], edges: [], ...presentGroups(grouped) })
  const found = grouped.groups.find((entry) => entry.id === group)
  if (found === undefined) throw notFound('Group of steps', group)
  const ids = found.steps.slice(skip, skip + limit)
  const steps = await ctx.db.kysely
    .selectFrom('steps')
    .selectAll()
    .where(sql<boolean>`id = any(${ids}::bigint[])`)
    .orderBy('id')
    .execute()
  return ok({ jobName: resource.name, total: found.steps.length, nodes: await nodesOf(ctx, steps), edges: [] })
}

function presentGroups({ groups, edges }: GroupedGraph) {
  return {
    total: groups.reduce((sum, group) => sum + group.steps.length, 0),
    groups: groups.map(({ steps, ...group }) => ({ ...group, count: steps.length })),
    groupEdges: edges,
  }
}

async function countSteps(ctx: Context, resourceId: string): Promise<number> {
  const rows = await sql<{ count: number }>`select count(*)::int as count from steps s join jobs j on j.id = s.job_id
    where j.resource_id = ${resourceId.toLowerCase()}`.execute(ctx.db.kysely)
  return rows.rows[0]?.count ?? 0
}

/** Reads of each step only what its group needs. */
async function groupedGraph(ctx: Context, resourceId: string): Promise<GroupedGraph> {
  const db = ctx.db.kysely
  const job = sql`(select id from jobs where resource_id = ${resourceId.toLowerCase()})`
  const [steps, edges] = await Promise.all([
    sql<{ id: number; name: string; state: StepState; outcome: StepOutcome | null; started: Date | null; ended: Date | null }>`
      select s.id, s.name, s.state, s.outcome, a.started_at as started, a.ended_at as ended
      from steps s left join attempts a on a.step_id = s.id and a.attempt = s.attempt where s.job_id = ${job} order by s.id`.execute(
      db,
    ),
    sql<{ source: number; target: number }>`
      select e.source, e.target from edges e join steps s on s.id = e.source where s.job_id = ${job}`.execute(db),
  ])
  const facts = steps.rows.map((step) => ({
    id: step.id,
    name: step.name,
    status: step.outcome === 'Reused' ? 'Reused' : apiStatusOf(step.state, step.outcome),
    startedAt: step.started?.toISOString(),
    endedAt: step.ended?.toISOString(),
  }))
  return groupSteps(facts, edges.rows)
}

async function edgesOf(ctx: Context, steps: readonly StepRow[]) {
  const names = new Map(steps.map((step) => [step.id, step.name]))
  const edges = await sql<{ source: number; target: number }>`
    select source, target from edges where source = any(${[...names.keys()]}::bigint[])`.execute(ctx.db.kysely)
  return edges.rows.map((edge) => ({ source: names.get(edge.source), target: names.get(edge.target) }))
}

async function nodesOf(ctx: Context, steps: readonly StepRow[]): Promise<object[]> {
  const ids = steps.map((step) => step.id)
  const db = ctx.db.kysely
  const [events, attempts, trials] = await Promise.all([
    db
      .selectFrom('job_events')
      .select(['step_id', 'attempt', 'to_state', 'at'])
      .where(sql<boolean>`step_id = any(${ids}::bigint[]) and to_state !~ '^(Trial|Iteration)'`)
      .orderBy('sequence')
      .execute(),
    db
      .selectFrom('attempts')
      .select(['step_id', 'attempt', 'exit', 'started_at', 'ended_at'])
      .where(sql<boolean>`step_id = any(${ids}::bigint[])`)
      .orderBy('attempt')
      .execute(),
    trialsOf(ctx, steps),
  ])
  const eventsOf = byStep(events)
  const attemptsOf = byStep(attempts)
  return steps.map((step) => ({
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
    phases: (eventsOf.get(step.id) ?? []).map((event) => ({
      name: event.to_state,
      at: event.at.toISOString(),
      attempt: event.attempt,
    })),
    attempts: (attemptsOf.get(step.id) ?? []).map((attempt) => ({
      attempt: attempt.attempt,
      startedAt: attempt.started_at.toISOString(),
      endedAt: attempt.ended_at?.toISOString() ?? null,
      exitCode: attempt.exit?.exitCode ?? null,
      reason: attempt.exit?.reason ?? null,
      isolation: attempt.exit?.isolation ?? null,
    })),
  }))
}

function byStep<Row extends { readonly step_id: number | null }>(rows: readonly Row[]): Map<number, Row[]> {
  const found = new Map<number, Row[]>()
  for (const row of rows) {
    if (row.step_id === null) continue
    const known = found.get(row.step_id)
    if (known === undefined) found.set(row.step_id, [row])
    else known.push(row)
  }
  return found
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
