import { conflict, invalid, type Resource } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import type { Actor } from '../../../kernel/auth/index.ts'
import type { Executor } from '../../../kernel/db/schema.ts'
import { treeDigest } from '../../storage/index.ts'
import { sourceSteps } from '../control-flow/settle-input.ts'
import type { Edge } from '../graph.ts'
import { jobId, nameOf, workspaceIdOf } from '../job-ids.ts'
import { findJobByResource, type JobRow } from '../job-store.ts'
import { terminalStatuses } from '../planner.ts'
import { skipSteps } from '../skip-steps.ts'
import type { StepRow } from '../step-store.ts'
import { newJobName, submitJobWithin } from '../submit.ts'
import { planTakeOver, type TakeOver } from './plan-take-over.ts'

export interface RerunRequest {
  readonly name?: string | null | undefined
  readonly fromFailed?: boolean | null | undefined
}

/**
 * Submits a job again, in the name of who asks. From failed: steps that completed are taken over, whatever the job says about forced
 * reruns; loops that had not completed begin anew.
 * @throws Conflict the job is still running · InvalidRequestContent it is a step of another
 */
export async function rerunJob(ctx: Context, actor: Actor, sourceId: string, request: RerunRequest): Promise<Resource> {
  const source = await ctx.resources.require(sourceId)
  const parent = source.properties['parentJobName']
  if (typeof parent === 'string')
    throw invalid(`'${source.name}' is a step of '${parent}'; rerun that pipeline, with fromFailed to keep what completed.`)
  const status = String(source.status['status'])
  if (request.fromFailed === true && !terminalStatuses.includes(status))
    throw conflict(`Job '${source.name}' is still ${status}; it can be rerun from its failed steps once it has ended.`)
  const workspaceId = workspaceIdOf(source.id)
  const name = request.name ?? newJobName(ctx)
  if ((await ctx.resources.find(jobId(workspaceId, name))) !== undefined)
    throw conflict(`Job '${name}' exists; a rerun is a new job and needs a name of its own.`, { target: 'name' })
  const own = (source.properties['properties'] ?? {}) as Record<string, unknown>
  const properties = { ...source.properties, isArchived: false, properties: { ...own, 'fulcrum.rerunOf': source.name } }
  return ctx.db.transaction(async (tx) => {
    const resource = await submitJobWithin(tx, ctx, actor, { workspaceId, name, body: { properties } })
    const [job, earlier] = [await findJobByResource(tx, jobId(workspaceId, name)), await findJobByResource(tx, source.id)]
    if (job === undefined || earlier === undefined) return resource
    await tx.updateTable('jobs').set({ rerun_of: earlier.id }).where('id', '=', job.id).execute()
    if (request.fromFailed === true && job.kind === 'Pipeline') await takeOver(tx, ctx, { job, earlier, workspaceId })
    return resource
  })
}

interface Rerun {
  readonly job: JobRow
  readonly earlier: JobRow
  readonly workspaceId: string
}

/** Nobody sees the new steps before this transaction commits: no engine can have claimed one. */
async function takeOver(tx: Executor, ctx: Context, rerun: Rerun): Promise<void> {
  const steps = new Map((await stepsOf(tx, rerun.job.id)).map((step) => [step.name, step]))
  const earlier = new Map((await stepsOf(tx, rerun.earlier.id)).map((step) => [step.name, step]))
  const edges = await edgesOf(tx, rerun.job.id)
  const specs = new Map([...steps].map(([name, { spec }]) => [name, spec]))
  const gone = new Set<string>()
  let plan: TakeOver
  let missing: string[]
  do {
    plan = planTakeOver(specs, edges, earlier, gone)
    missing = await missingOutputs(ctx, rerun, { plan, steps, earlier })
    for (const name of missing) gone.add(name)
  } while (missing.length > 0)
  const taken = plan.take.flatMap((name) => {
    const [now, before] = [steps.get(name), earlier.get(name)]
    return now === undefined || before === undefined ? [] : [{ now, before }]
  })
  await markTaken(tx, ctx, taken)
  for (const [reason, names] of byReason(plan.skip)) {
    const ids = names.flatMap((name) => steps.get(name)?.id ?? [])
    await skipSteps(tx, ctx, ids, reason)
  }
  await sql`update steps s set remaining = left_open.count, state = case when left_open.count = 0 then 'Ready' else 'Waiting' end
    from (select t.id, (t.finalizer::int + count(o.id))::int as count from steps t left join edges e on e.target = t.id
      left join steps o on o.id = e.source and o.state <> 'Done' where t.job_id = ${rerun.job.id} group by t.id, t.finalizer) left_open
    where s.id = left_open.id and s.state in ('Waiting', 'Ready')`.execute(tx)
}

async function stepsOf(tx: Executor, jobId: number): Promise<StepRow[]> {
  return tx.selectFrom('steps').selectAll().where('job_id', '=', jobId).orderBy('id').execute()
}

async function edgesOf(tx: Executor, jobId: number): Promise<Edge[]> {
  const rows = await sql<Edge>`select s.name as source, t.name as target from edges e
    join steps s on s.id = e.source join steps t on t.id = e.target where s.job_id = ${jobId}`.execute(tx)
  return rows.rows
}

/** Steps to take over whose outputs a step that runs would read, but which are not as they were. */
async function missingOutputs(
  ctx: Context,
  { workspaceId }: Rerun,
  { plan, steps, earlier }: { plan: TakeOver; steps: ReadonlyMap<string, StepRow>; earlier: ReadonlyMap<string, StepRow> },
): Promise<string[]> {
  const taken = new Set(plan.take)
  const read = [...steps.values()].filter((step) => !taken.has(step.name)).flatMap((step) => sourceSteps(step.spec.inputs))
  const missing: string[] = []
  for (const name of new Set(read)) {
    if (!taken.has(name)) continue
    for (const output of Object.values(earlier.get(name)?.outputs ?? {})) {
      if (output.files === 0) continue
      const digest = await treeDigest(ctx, { workspaceId, uri: output.uri }).catch(() => undefined)
      if (digest === undefined) missing.push(name)
    }
  }
  return missing
}

async function markTaken(tx: Executor, ctx: Context, taken: readonly { now: StepRow; before: StepRow }[]): Promise<void> {
  if (taken.length === 0) return
  const endTime = ctx.clock.now().toISOString()
  const rows = taken.map(({ now, before }) => {
    const jobName = nameOf(before.resource_id)
    return {
      id: now.id,
      job_id: now.job_id,
      resource_id: now.resource_id,
      outputs: before.outputs,
      decision: { reused: true, reason: 'rerun', jobName },
      status: {
        status: 'Completed',
        endTime,
        outputs: before.outputs,
        properties: { 'azureml.isreused': 'true', 'azureml.reusedrunid': jobName },
      },
    }
  })
  await sql`with taken as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      taken(id bigint, job_id bigint, resource_id text, outputs jsonb, decision jsonb, status jsonb)),
    changed as (update steps s set state = 'Done', outcome = 'Reused', outputs = taken.outputs, reuse_decision = taken.decision
      from taken where s.id = taken.id returning s.id),
    shown as (update resources r set status = r.status || taken.status, etag = r.etag + 1 from taken where r.id = taken.resource_id returning r.id)
    insert into job_events (job_id, step_id, from_state, to_state, data)
      select job_id, id, 'Waiting', 'Reused', jsonb_build_object('reason', 'rerun of ' || (decision->>'jobName')) from taken`.execute(
    tx,
  )
}

function byReason(skip: ReadonlyMap<string, string>): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [name, reason] of skip) found.set(reason, [...(found.get(reason) ?? []), name])
  return found
}
