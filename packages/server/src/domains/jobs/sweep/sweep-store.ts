import { sql } from 'kysely'
import type { Executor } from '../../../kernel/db/schema.ts'
import type { StepOutcome, StepState } from '../planner.ts'
import type { StepRow } from '../step-store.ts'
import type { StepOutputs } from '../types.ts'
import type { FinalRole, ParameterValue, Point, TrialStatus } from './types.ts'

/** SQL of sweeps and trials. Whoever decides for a sweep holds its row; nobody else creates or judges its trials. */

/** Sweep steps that may start. */
export async function listReadySweeps(db: Executor): Promise<number[]> {
  const ready = await sql<{
    id: number
  }>`select id from steps where state = 'Ready' and spec->>'type' = 'sweep' and not_before <= now()
    order by priority desc, id limit 20`.execute(db)
  return ready.rows.map((row) => row.id)
}

/** Takes a sweep's step in one of these states; one that another engine looks at is left to it. */
export async function lockSweepStep(db: Executor, stepId: number, states: readonly StepState[]): Promise<StepRow | undefined> {
  const held = await sql<StepRow>`select * from steps where id = ${stepId} and state = any(${[...states]}::text[])
    for update skip locked`.execute(db)
  return held.rows[0]
}

export async function insertSweep(db: Executor, stepId: number, timeoutMs: number): Promise<void> {
  await sql`insert into sweeps (step_id, deadline) values (${stepId}, now() + make_interval(secs => ${timeoutMs / 1000}))
    on conflict (step_id) do nothing`.execute(db)
}

/** Open sweeps with something to decide: a trial ended, room for one, a cancel, the time limit. `watched` have a policy that looks again. */
export async function listDueSweeps(db: Executor, watched: readonly number[]): Promise<number[]> {
  const due = await sql<{ step_id: number }>`select w.step_id from sweeps w join steps s on s.id = w.step_id
    where w.ended_at is null and (s.cancel_requested_at is not null or w.deadline < now() or w.step_id = any(${[...watched]}::bigint[])
      or not exists (select 1 from sweep_trials t where t.step_id = w.step_id and t.status is null)
      or exists (select 1 from sweep_trials t left join steps ts on ts.job_id = t.job_id
        where t.step_id = w.step_id and t.status is null and (ts.id is null or ts.state = 'Done')))
    order by w.step_id limit 100`.execute(db)
  return due.rows.map((row) => row.step_id)
}

/** Open sweeps whose running trials a policy may stop. */
export async function listWatchedSweeps(db: Executor): Promise<number[]> {
  const watched = await sql<{ step_id: number }>`select w.step_id from sweeps w join steps s on s.id = w.step_id
    where w.ended_at is null and s.spec->'sweep' ? 'earlyTermination'`.execute(db)
  return watched.rows.map((row) => row.step_id)
}

export interface OpenSweep {
  readonly step: StepRow
  readonly overdue: boolean
}

/** Takes a sweep for the rest of the transaction. @returns `undefined` when it has ended or another engine decides now */
export async function lockSweep(db: Executor, stepId: number): Promise<OpenSweep | undefined> {
  const held = await sql<{ overdue: boolean }>`select deadline < now() as overdue from sweeps
    where step_id = ${stepId} and ended_at is null for update skip locked`.execute(db)
  const [row] = held.rows
  if (row === undefined) return undefined
  const step = await db.selectFrom('steps').selectAll().where('id', '=', stepId).executeTakeFirst()
  return step === undefined ? undefined : { step, overdue: row.overdue }
}

export async function endSweep(db: Executor, stepId: number): Promise<void> {
  await db
    .updateTable('sweeps')
    .set({ ended_at: sql`now()` })
    .where('step_id', '=', stepId)
    .execute()
}

export interface TrialRow {
  readonly number: number
  readonly job_id: number
  readonly name: string
  readonly point: Point
  readonly status: TrialStatus | null
  readonly objective: number | null
  readonly outputs: StepOutputs
  readonly evaluated_interval: number
  readonly stop_reason: string | null
  readonly role: FinalRole | null
  readonly parameters: Readonly<Record<string, ParameterValue>>
  /** Of the trial's own step; absent when its job was deleted. */
  readonly state: StepState | null
  readonly outcome: StepOutcome | null
  readonly published: StepOutputs | null
}

export async function readTrials(db: Executor, stepId: number): Promise<TrialRow[]> {
  const rows =
    await sql<TrialRow>`select t.number, t.job_id, t.name, t.point, t.status, t.objective, t.outputs, t.evaluated_interval,
      t.stop_reason, t.role, t.parameters, s.state, s.outcome, case when t.status is null then s.outputs end as published
    from sweep_trials t left join steps s on s.job_id = t.job_id where t.step_id = ${stepId} order by t.number`.execute(db)
  return rows.rows
}

export interface TrialEnd {
  readonly number: number
  readonly status: TrialStatus
  readonly objective: number | null
  readonly outputs: StepOutputs
}

export async function recordTrialEnds(db: Executor, stepId: number, ends: readonly TrialEnd[]): Promise<void> {
  if (ends.length === 0) return
  await sql`update sweep_trials t set status = e.status, objective = e.objective, outputs = e.outputs::jsonb, ended_at = now()
    from unnest(${ends.map((end) => end.number)}::int[], ${ends.map((end) => end.status)}::text[],
      ${ends.map((end) => end.objective)}::float8[], ${ends.map((end) => JSON.stringify(end.outputs))}::text[]) e(number, status, objective, outputs)
    where t.step_id = ${stepId} and t.number = e.number and t.status is null`.execute(db)
}

export async function recordVerdict(
  db: Executor,
  stepId: number,
  verdict: { number: number; interval: number; reason?: string },
): Promise<void> {
  await db
    .updateTable('sweep_trials')
    .set({ evaluated_interval: verdict.interval, ...(verdict.reason === undefined ? {} : { stop_reason: verdict.reason }) })
    .where('step_id', '=', stepId)
    .where('number', '=', verdict.number)
    .execute()
}

export async function insertTrial(
  db: Executor,
  stepId: number,
  trial: {
    number: number
    jobId: number
    name: string
    point: Point
    parameters: Readonly<Record<string, ParameterValue>>
    role: FinalRole | undefined
  },
): Promise<void> {
  await db
    .insertInto('sweep_trials')
    .values({
      step_id: stepId,
      number: trial.number,
      job_id: trial.jobId,
      name: trial.name,
      point: JSON.stringify(trial.point),
      parameters: JSON.stringify(trial.parameters),
      status: null,
      objective: null,
      outputs: '{}',
      stop_reason: null,
      role: trial.role ?? null,
      ended_at: null,
    })
    .execute()
}
