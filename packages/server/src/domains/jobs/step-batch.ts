import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { revokeBoundCredentials } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { setJobRunStatuses, type JobRunChange } from '../tracking/index.ts'
import type { EndingStep } from './engine-types.ts'
import { tellJobStatuses } from './job-status.ts'
import { findJob } from './job-store.ts'
import { planStepBatch, type ChangeOf, type StepWrite } from './plan-step-batch.ts'
import { planFailure, planRelease, succeeded } from './planner.ts'
import { registerOutputs } from './register-outputs.ts'
import { skipSteps } from './skip-steps.ts'
import { applyReleases, lockOpenSteps, lockTargets, requestStepCancel } from './step-store.ts'

/**
 * Writes what a batch of attempts have come to, with everything that follows from it, in the caller's transaction: the number of
 * statements does not grow with the batch, but for steps that failed or register assets.
 * @returns for each change whether it was made; where not, somebody else has the step
 */
export async function writeStepBatch(tx: Executor, ctx: Context, changes: readonly ChangeOf[]): Promise<boolean[]> {
  const { writes, writeOf } = planStepBatch(changes, ctx.clock.now())
  const moved = await moveSteps(tx, writes)
  const made = writes.filter((write) => moved.has(keyOf(write.step)))
  const done = made.filter((write) => write.end !== undefined)
  const released = done.filter((write) => write.outcome !== undefined && succeeded(write.outcome))
  await applyReleases(
    tx,
    planRelease(
      await lockTargets(
        tx,
        released.map((write) => write.step.step.id),
      ),
    ),
  )
  for (const write of done) if (!released.includes(write)) await spreadFailure(tx, ctx, write.step)
  await tellJobStatuses(
    tx,
    ctx,
    made.flatMap(({ step, status }) =>
      status === undefined ? [] : [{ resourceId: step.resourceId, patch: status as JsonObject & { status: string } }],
    ),
  )
  const over = made.filter((write) => write.end !== undefined || write.retry !== undefined)
  if (over.length > 0)
    await revokeBoundCredentials(
      tx,
      ctx.clock,
      over.map((write) => write.step.resourceId),
    )
  for (const { step, end } of done) if (end?.outcome === 'Completed') await registerOutputs(tx, ctx, step, end.outputs ?? {})
  await setJobRunStatuses(
    tx,
    ctx,
    made.flatMap((write) => runChange(ctx, write)),
  )
  if (done.length > 0) await sql`select pg_notify('steps', '')`.execute(tx)
  return writeOf.map((write) => write !== undefined && moved.has(keyOf(write.step)))
}

const keyOf = ({ step }: EndingStep): string => `${step.id}/${step.attempt}`

/**
 * The guarded update with its events and the ends of attempts, in one statement.
 * @returns the keys of the steps that moved; those that are missing belong to somebody else
 */
async function moveSteps(tx: Executor, writes: readonly StepWrite[]): Promise<Set<string>> {
  if (writes.length === 0) return new Set()
  const rows = await sql<{ id: number; attempt: number }>`
    with asked as (select * from jsonb_to_recordset(${JSON.stringify(writes.map(askedOf))}::jsonb) asked(id bigint, attempt int, guard text[],
        "to" text, outcome text, reuse boolean, reuse_key text, key_fields jsonb, reuse_decision jsonb, ended boolean, outputs jsonb,
        error jsonb, retry_seconds float8, host_faults int, program_faults int, over boolean, exit jsonb)),
    held as (select s.id, s.state, s.attempt, s.job_id from steps s where s.id in (select id from asked) order by s.id for update),
    moved as (update steps s set state = coalesce(a."to", s.state), outcome = coalesce(a.outcome, s.outcome),
        lease_until = case when a."to" in ('Done', 'Ready') then null else s.lease_until end,
        holder = case when a."to" in ('Done', 'Ready') then null else s.holder end,
        reuse_key = case when a.reuse then a.reuse_key else s.reuse_key end,
        key_fields = case when a.reuse then a.key_fields else s.key_fields end,
        reuse_decision = case when a.reuse then a.reuse_decision else s.reuse_decision end,
        outputs = case when a.ended then a.outputs else s.outputs end,
        error = case when a.ended then a.error else s.error end,
        not_before = case when a.retry_seconds is null then s.not_before else now() + make_interval(secs => a.retry_seconds) end,
        infrastructure_failures = s.infrastructure_failures + a.host_faults,
        user_failures = s.user_failures + a.program_faults
      from asked a join held h on h.id = a.id and h.attempt = a.attempt and h.state = any(a.guard)
      where s.id = h.id and s.attempt = a.attempt
      returning s.id, s.attempt, s.job_id, h.state as before, a.over, a.exit),
    told as (insert into job_events (job_id, step_id, attempt, from_state, to_state, data)
      select m.job_id, m.id, m.attempt, case when e.kind = 'move' then coalesce(e."from", m.before) end, e."to", e.data
      from jsonb_to_recordset(${JSON.stringify(writes.flatMap(eventsOf))}::jsonb)
        e(id bigint, attempt int, kind text, "from" text, "to" text, data jsonb, position int)
      join moved m on m.id = e.id and m.attempt = e.attempt order by e.position),
    closed as (update attempts a set ended_at = now(), exit = coalesce(m.exit, a.exit) from moved m
      where m.over and a.step_id = m.id and a.attempt = m.attempt)
    select id, attempt from moved`.execute(tx)
  return new Set(rows.rows.map((row) => `${row.id}/${row.attempt}`))
}

function askedOf({ step, guard, to, outcome, reuse, end, retry }: StepWrite) {
  return {
    id: step.step.id,
    attempt: step.step.attempt,
    guard,
    to,
    outcome,
    reuse: reuse !== undefined,
    reuse_key: reuse?.key,
    key_fields: reuse?.fields,
    reuse_decision: reuse?.decision,
    ended: end !== undefined,
    outputs: end?.outputs ?? {},
    error: end?.error,
    retry_seconds: retry === undefined ? undefined : retry.delayMs / 1000,
    host_faults: retry?.fault === 'host' ? 1 : 0,
    program_faults: retry?.fault === 'program' ? 1 : 0,
    over: end !== undefined || retry !== undefined,
    exit: end?.exit ?? retry?.exit,
  }
}

function eventsOf({ step, events }: StepWrite) {
  return events.map((event, position) => ({ ...event, id: step.step.id, attempt: step.step.attempt, position }))
}

async function spreadFailure(tx: Executor, ctx: Context, attempt: EndingStep): Promise<void> {
  const job = await findJob(tx, attempt.step.job_id, { forUpdate: true })
  if (job === undefined) return
  const open = await lockOpenSteps(tx, job.id, attempt.step.id)
  const plan = planFailure({ continueOnStepFailure: job.continue_on_step_failure && job.cancel_requested_at === null, ...open })
  await skipSteps(tx, ctx, plan.skip, `Step '${attempt.step.name}' did not complete.`)
  await requestStepCancel(tx, plan.cancel)
}

function runChange(ctx: Context, { step, run }: StepWrite): JobRunChange[] {
  if (run === undefined) return []
  const start = run === 'RUNNING' ? { startTimeMs: ctx.clock.now().getTime() } : {}
  return [{ workspaceId: step.workspaceId, runId: step.jobName, status: run, ...start }]
}
