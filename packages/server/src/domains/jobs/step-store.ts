import { sql, type Selectable } from 'kysely'
import type { Executor } from '../../kernel/db/schema.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { heldStates, type Release, type ReleaseTarget, type StepOutcome, type StepState, type StepView } from './planner.ts'
import type { StepsTable } from './tables.ts'

/** SQL of steps, edges and attempts. Every change of a step is guarded by (id, attempt, state); leases use the database's clock. */

export type StepRow = Selectable<StepsTable>

/** A lease with more than this share of its time left is not extended: the write costs more than it gives. */
const freshShare = 0.8

/** Moves a step if it still is where the caller thinks. @returns false: somebody else did, the caller must stop */
export async function moveStep(
  db: Executor,
  step: { readonly id: number; readonly attempt: number },
  change: {
    readonly from: readonly StepState[]
    readonly to: StepState
    readonly outcome?: StepOutcome
    readonly data?: JsonObject
  },
): Promise<boolean> {
  const done = change.to === 'Done'
  const moved = await sql<{ job_id: number; before: string }>`
    with held as (select id, state from steps where id = ${step.id} for update)
    update steps s set state = ${change.to}, outcome = ${change.outcome ?? null},
      lease_until = case when ${done || change.to === 'Ready'} then null else s.lease_until end,
      holder = case when ${done || change.to === 'Ready'} then null else s.holder end
    from held where s.id = held.id and s.attempt = ${step.attempt} and s.state = any(${[...change.from]}::text[])
    returning s.job_id, held.state as before`.execute(db)
  const row = moved.rows[0]
  if (row === undefined) return false
  await recordEvent(db, {
    jobId: row.job_id,
    stepId: step.id,
    attempt: step.attempt,
    from: row.before,
    to: change.outcome ?? change.to,
    data: change.data,
  })
  return true
}

export async function recordEvent(
  db: Executor,
  event: { jobId: number; stepId?: number; attempt?: number; from?: string; to: string; data?: JsonObject | undefined },
): Promise<void> {
  await db
    .insertInto('job_events')
    .values({
      job_id: event.jobId,
      step_id: event.stepId ?? null,
      attempt: event.attempt ?? null,
      from_state: event.from ?? null,
      to_state: event.to,
      data: event.data === undefined ? null : JSON.stringify(event.data),
    })
    .execute()
}

/** Takes over steps whose holder stopped renewing its lease. */
export async function adoptSteps(db: Executor, holder: string, leaseMs: number): Promise<StepRow[]> {
  const adopted = await sql<StepRow>`
    with lost as (select id from steps where lease_until < now() and state = any(${[...heldStates]}::text[]) order by id for update skip locked)
    update steps s set holder = ${holder}, lease_until = now() + make_interval(secs => ${leaseMs / 1000})
    from lost where s.id = lost.id returning s.*`.execute(db)
  return adopted.rows
}

/** Extends leases that are not new any more. @returns the steps still held by `holder`, with their cancel flag */
export async function renewSteps(
  db: Executor,
  holder: string,
  steps: readonly { readonly id: number; readonly attempt: number }[],
  leaseMs: number,
): Promise<{ id: number; attempt: number; cancelRequested: boolean }[]> {
  if (steps.length === 0) return []
  const renewed = await sql<{ id: number; attempt: number; cancelRequested: boolean }>`
    with asked as (
      select s.id, s.attempt, s.cancel_requested_at is not null as "cancelRequested", s.lease_until from steps s
      join unnest(${steps.map((step) => step.id)}::bigint[], ${steps.map((step) => step.attempt)}::int[]) held(id, attempt)
        on s.id = held.id and s.attempt = held.attempt
      where s.holder = ${holder} and s.state = any(${[...heldStates]}::text[])),
    locked as (
      select s.id from steps s where s.holder = ${holder} and s.id in (
        select id from asked where lease_until < now() + make_interval(secs => ${(leaseMs / 1000) * freshShare}))
      -- In the order in which everybody locks steps; else a batch of transitions and a renewal can wait for each other.
      order by s.id for update of s),
    renewed as (update steps s set lease_until = now() + make_interval(secs => ${leaseMs / 1000})
      from locked where s.id = locked.id and s.lease_until is not null)
    select id, attempt, "cancelRequested" from asked`.execute(db)
  return renewed.rows
}

/** Everybody who holds steps now. */
export async function listHolders(db: Executor): Promise<string[]> {
  const rows = await sql<{
    holder: string
  }>`select distinct holder from steps where lease_until is not null and holder is not null`.execute(db)
  return rows.rows.map((row) => row.holder)
}

/** Lets the leases of a holder run out now, so that another engine takes over at once. */
export async function expireLeases(db: Executor, holder: string): Promise<void> {
  await sql`update steps set lease_until = now() - interval '1 millisecond' where holder = ${holder} and lease_until is not null`.execute(
    db,
  )
}

/** As {@link expireLeases}, for one attempt. */
export async function expireStep(db: Executor, step: { readonly id: number; readonly attempt: number }): Promise<void> {
  await sql`update steps set lease_until = now() - interval '1 millisecond'
    where id = ${step.id} and attempt = ${step.attempt} and lease_until is not null`.execute(db)
}

/** Locks the targets of finished steps in id order; a target with several of them among its sources comes once. */
export async function lockTargets(db: Executor, sourceIds: readonly number[]): Promise<ReleaseTarget[]> {
  if (sourceIds.length === 0) return []
  const rows = await sql<ReleaseTarget>`
    with finished as (select target, count(*)::int as sources from edges where source = any(${[...sourceIds]}::bigint[]) group by target)
    select s.id, s.state, s.remaining, f.sources as "finishedSources" from steps s join finished f on f.target = s.id
    order by s.id for update of s`.execute(db)
  return rows.rows
}

export async function applyReleases(db: Executor, releases: readonly Release[]): Promise<void> {
  if (releases.length === 0) return
  await sql`
    with planned as (select * from unnest(${releases.map((entry) => entry.id)}::bigint[], ${releases.map((entry) => entry.remaining)}::int[],
      ${releases.map((entry) => entry.state)}::text[]) planned(id, remaining, state)),
    changed as (update steps s set remaining = planned.remaining, state = planned.state,
        not_before = case when planned.state = 'Ready' then now() else s.not_before end from planned where s.id = planned.id returning s.id, s.job_id, s.state)
    insert into job_events (job_id, step_id, from_state, to_state) select job_id, id, 'Waiting', 'Ready' from changed where state = 'Ready'`.execute(
    db,
  )
}

/** Locks the whole open graph of a job in id order, without the steps that run last, and says which steps depend on `sourceId`. */
export async function lockOpenSteps(
  db: Executor,
  jobId: number,
  sourceId: number,
): Promise<{ descendants: StepView[]; others: StepView[] }> {
  const open = await sql<StepView>`select id, state from steps where job_id = ${jobId} and state <> 'Done'
      and finalizer = (select finalizer from steps where id = ${sourceId}) order by id for update`.execute(db)
  const below = await sql<{ id: number }>`
    with recursive below(id) as (select target from edges where source = ${sourceId} union select e.target from edges e join below b on e.source = b.id)
    select id from below`.execute(db)
  const ids = new Set(below.rows.map((row) => row.id))
  return { descendants: open.rows.filter((row) => ids.has(row.id)), others: open.rows.filter((row) => !ids.has(row.id)) }
}

/** Ends idle steps without running them. @returns their job resource ids */
export async function endIdleSteps(
  db: Executor,
  ids: readonly number[],
  outcome: 'Skipped' | 'Canceled',
  reason?: string,
): Promise<string[]> {
  if (ids.length === 0) return []
  const ended = await sql<{ resource_id: string }>`
    with ended as (update steps set state = 'Done', outcome = ${outcome} where id = any(${[...ids]}::bigint[]) and state in ('Waiting', 'Ready')
      returning id, job_id, attempt, resource_id),
    happened as (insert into job_events (job_id, step_id, attempt, to_state, data)
      select job_id, id, attempt, ${outcome}, ${reason === undefined ? null : JSON.stringify({ reason })}::jsonb from ended)
    select resource_id from ended`.execute(db)
  return ended.rows.map((row) => row.resource_id)
}

export async function requestStepCancel(db: Executor, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  await sql`update steps set cancel_requested_at = coalesce(cancel_requested_at, now()) where id = any(${[...ids]}::bigint[]) and state <> 'Done'`.execute(
    db,
  )
}

/** The newest attempt that has a directory, of the step that a job resource stands for. */
export async function findAttemptOf(db: Executor, resourceId: string) {
  return db
    .selectFrom('steps')
    .innerJoin('attempts', (join) =>
      join.onRef('attempts.step_id', '=', 'steps.id').onRef('attempts.attempt', '=', 'steps.attempt'),
    )
    .select([
      'steps.id',
      'steps.state',
      'steps.outcome',
      'steps.reuse_decision',
      'attempts.attempt',
      'attempts.directory',
      'attempts.exit',
      'attempts.process',
    ])
    .where('steps.resource_id', '=', resourceId.toLowerCase())
    .executeTakeFirst()
}
