import { sql, type Selectable } from 'kysely'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { writeInParts } from '../../kernel/db/write-in-parts.ts'
import type { Edge } from './graph.ts'
import { nameOf } from './job-ids.ts'
import type { StepOutcome } from './planner.ts'
import type { StepRow } from './step-store.ts'
import type { JobsTable } from './tables.ts'
import { ensureQueues, keyOf } from './queue/queue-store.ts'
import type { QueueKey } from './queue/types.ts'
import type { StepSpec } from './types.ts'

/** SQL of jobs: whole graphs in, counts out. */

export type JobRow = Selectable<JobsTable>

export interface GraphDraft {
  readonly resourceId: string
  readonly workspaceId: string
  readonly kind: string
  readonly submitter: Actor
  readonly continueOnStepFailure: boolean
  readonly forceRerun: boolean
  readonly timeoutMs: number | undefined
  readonly priority: number
  readonly steps: readonly {
    readonly name: string
    readonly resourceId: string
    readonly spec: StepSpec
    readonly remaining: number
  }[]
  readonly edges: readonly Edge[]
}

/** Stores a graph with arrays, whatever its size: three statements. */
export async function insertGraph(db: Executor, draft: GraphDraft): Promise<number> {
  const deadline =
    draft.timeoutMs === undefined
      ? sql<Date | null>`null`
      : sql<Date | null>`now() + make_interval(secs => ${draft.timeoutMs / 1000})`
  const job = await db
    .insertInto('jobs')
    .values({
      resource_id: draft.resourceId.toLowerCase(),
      workspace_id: draft.workspaceId.toLowerCase(),
      kind: draft.kind,
      submitter: JSON.stringify(draft.submitter),
      continue_on_step_failure: draft.continueOnStepFailure,
      force_rerun: draft.forceRerun,
      deadline,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const { workspaceId, submitter, priority } = draft
  await insertSteps(db, { jobId: job.id, workspaceId, submitter, priority }, draft)
  return job.id
}

/** Adds steps and the edges among them to a job; those that a loop adds say so. The unique name refuses one that is there. */
export async function insertSteps(
  db: Executor,
  owner: { readonly jobId: number; readonly workspaceId: string; readonly submitter: Actor; readonly priority: number },
  {
    steps,
    edges,
    loop,
  }: Pick<GraphDraft, 'steps' | 'edges'> & { readonly loop?: { readonly id: number; readonly iteration: number } },
): Promise<void> {
  // Control-flow nodes wait in no queue: they need neither cores nor memory.
  const keys = steps.map((step) => (step.spec.control === undefined ? queueKeyOf(step.spec, owner.priority) : undefined))
  const queues = await ensureQueues(
    db,
    { workspaceId: owner.workspaceId.toLowerCase(), submitter: owner.submitter.id },
    keys.filter((key) => key !== undefined),
  )
  const rows = steps.map((step, index) => {
    const key = keys[index]
    return {
      name: step.name,
      resource_id: step.resourceId.toLowerCase(),
      spec: step.spec,
      remaining: step.remaining,
      priority: key?.priority ?? owner.priority,
      queue_id: key === undefined ? null : (queues.get(keyOf(key)) ?? null),
    }
  })
  await writeInParts(
    rows,
    (part) => JSON.stringify(part),
    (text) =>
      sql`insert into steps (job_id, name, resource_id, spec, state, remaining, priority, queue_id, parent_id, iteration)
    select ${owner.jobId}, name, resource_id, spec, case when remaining = 0 then 'Ready' else 'Waiting' end, remaining, priority, queue_id,
      ${loop?.id ?? null}::bigint, ${loop?.iteration ?? null}::int
    from jsonb_to_recordset(${text}::jsonb) planned(name text, resource_id text, spec jsonb, remaining int, priority int, queue_id bigint)`.execute(
        db,
      ),
  )
  if (edges.length === 0) return
  await sql`insert into edges (source, target)
    select s.id, t.id from unnest(${edges.map((edge) => edge.source)}::text[], ${edges.map((edge) => edge.target)}::text[]) planned(source, target)
    join steps s on s.job_id = ${owner.jobId} and s.name = planned.source join steps t on t.job_id = ${owner.jobId} and t.name = planned.target`.execute(
    db,
  )
}

/** Steps with the same key are alike to whoever decides what starts next. */
function queueKeyOf(spec: StepSpec, priority: number): QueueKey {
  const { cores = 0, memoryBytes = 0, gpus = 0 } = spec.request ?? {}
  return {
    compute: (spec.computeName ?? 'local').toLowerCase(),
    experiment: spec.experimentName,
    priority: spec.priority ?? priority,
    nodes: spec.instanceCount,
    cores,
    memoryBytes,
    gpus,
  }
}

export async function findJobByResource(db: Executor, resourceId: string): Promise<JobRow | undefined> {
  return db.selectFrom('jobs').selectAll().where('resource_id', '=', resourceId.toLowerCase()).executeTakeFirst()
}

export async function findJob(db: Executor, id: number, options: { forUpdate?: boolean } = {}): Promise<JobRow | undefined> {
  let query = db.selectFrom('jobs').selectAll().where('id', '=', id)
  if (options.forUpdate === true) query = query.forUpdate()
  return query.executeTakeFirst()
}

export interface StepOwner {
  readonly step: StepRow
  readonly job: JobRow
  /** Name of the job resource that the step is. */
  readonly jobName: string
  /** As its owner wrote it. */
  readonly workspaceId: string
}

/** What belongs to steps, in their order, whatever their number in two statements. */
export async function loadOwners(db: Executor, steps: readonly StepRow[]): Promise<StepOwner[]> {
  if (steps.length === 0) return []
  const jobs = new Map(
    (
      await db
        .selectFrom('jobs')
        .selectAll()
        .where('id', 'in', [...new Set(steps.map((step) => step.job_id))])
        .execute()
    ).map((job) => [job.id, job]),
  )
  const ids = new Set([...steps.map((step) => step.resource_id), ...[...jobs.values()].map((job) => job.workspace_id)])
  const names = new Map(
    (
      await db
        .selectFrom('resources')
        .select(['id', 'display_id', 'name'])
        .where('id', 'in', [...ids])
        .execute()
    ).map((row) => [row.id, row]),
  )
  return steps.flatMap((step) => {
    const job = jobs.get(step.job_id)
    if (job === undefined) return []
    const jobName = names.get(step.resource_id)?.name ?? nameOf(step.resource_id)
    return [{ step, job, jobName, workspaceId: names.get(job.workspace_id)?.display_id ?? job.workspace_id }]
  })
}

/** Whether a step of a job has not ended, those that wait for the end of all others aside; cheap, however many have. */
export async function hasOpenSteps(db: Executor, jobId: number): Promise<boolean> {
  const rows = await sql<{ open: boolean }>`
    select exists (select 1 from steps where job_id = ${jobId} and state <> 'Done'
      and not (finalizer and (select finalizing_at is null from jobs where id = ${jobId}))) as open`.execute(db)
  return rows.rows[0]?.open === true
}

export async function countSteps(
  db: Executor,
  jobId: number,
): Promise<{ open: number; outcomes: Partial<Record<StepOutcome, number>> }> {
  const rows = await sql<{ outcome: StepOutcome | null; count: number }>`
    select outcome, count(*)::int as count from steps where job_id = ${jobId} group by outcome`.execute(db)
  const outcomes: Partial<Record<StepOutcome, number>> = {}
  let open = 0
  for (const row of rows.rows) {
    if (row.outcome === null) open += row.count
    else outcomes[row.outcome] = row.count
  }
  return { open, outcomes }
}

/** Steps that run last wait for one thing more than their sources: the end of all other steps. */
export async function holdFinalizers(db: Executor, jobId: number, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  await sql`update steps set finalizer = true, remaining = remaining + 1, state = 'Waiting'
    where job_id = ${jobId} and name = any(${[...names]}::text[])`.execute(db)
}

/** Lets the steps that run last go, once, when nothing else is open. The caller holds the job. @returns whether there are any */
export async function releaseFinalizers(db: Executor, job: JobRow): Promise<boolean> {
  if (job.finalizing_at !== null) return false
  const released = await sql`
    with let_go as (update steps set remaining = remaining - 1, state = case when remaining = 1 then 'Ready' else state end, not_before = now()
        where job_id = ${job.id} and finalizer and state = 'Waiting'
          and not exists (select 1 from steps o where o.job_id = ${job.id} and not o.finalizer and o.state <> 'Done')
        returning id, state),
      told as (insert into job_events (job_id, step_id, from_state, to_state) select ${job.id}::bigint, id, 'Waiting', 'Ready' from let_go where state = 'Ready')
    update jobs set finalizing_at = now() where id = ${job.id} and exists (select 1 from let_go) returning pg_notify('steps', '')`.execute(
    db,
  )
  return released.rows.length > 0
}

/** Jobs whose steps have all ended but which have not: what a crash between the two leaves behind. */
export async function findUnfinishedJobs(db: Executor): Promise<number[]> {
  const rows = await sql<{ id: number }>`select id from jobs j where ended_at is null
    and not exists (select 1 from steps s where s.job_id = j.id and s.state <> 'Done' and not (s.finalizer and j.finalizing_at is null)) order by id limit 100`.execute(
    db,
  )
  return rows.rows.map((row) => row.id)
}

export async function findOverdueJobs(db: Executor): Promise<number[]> {
  const rows = await sql<{
    id: number
  }>`select id from jobs where ended_at is null and deadline < now() and cancel_requested_at is null`.execute(db)
  return rows.rows.map((row) => row.id)
}

/** Sets the cancel flag once. @returns false when it was set before or the job has ended */
export async function flagCancel(db: Executor, jobId: number): Promise<boolean> {
  const flagged = await db
    .updateTable('jobs')
    .set({ cancel_requested_at: sql`now()` })
    .where('id', '=', jobId)
    .where('cancel_requested_at', 'is', null)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return flagged.numUpdatedRows === 1n
}
