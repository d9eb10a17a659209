import { sql } from 'kysely'
import type { Executor } from '../../../kernel/db/schema.ts'
import type { StepOutputs } from '../types.ts'
import type { StepRow } from '../step-store.ts'
import type { IterationView } from './plan-loop.ts'

/** SQL of control-flow nodes. Whoever decides for one holds its job's row, so that failures and cancels see what it adds. */

/** Nodes with something to decide: they may start, fewer iterations are open than wanted, or a cancel has to be passed on. */
export async function listDueControls(db: Executor): Promise<number[]> {
  const due = await sql<{ id: number }>`select s.id from steps s
    where s.state in ('Ready', 'Active') and s.spec->>'type' in ('if_else', 'do_while', 'parallel_for') and s.not_before <= now()
      and (s.state = 'Ready'
        or (select count(distinct c.iteration) from steps c where c.parent_id = s.id and c.state <> 'Done') < coalesce(s.open_iterations, 1)
        or (s.cancel_requested_at is not null
          and exists (select 1 from steps c where c.parent_id = s.id and c.state <> 'Done' and c.cancel_requested_at is null)))
    order by s.id limit 200`.execute(db)
  return due.rows.map((row) => row.id)
}

/** @returns `undefined` when it has ended */
export async function lockControl(db: Executor, stepId: number): Promise<StepRow | undefined> {
  const held = await sql<StepRow>`select * from steps where id = ${stepId} and state in ('Ready', 'Active') for update`.execute(
    db,
  )
  return held.rows[0]
}

/** What the iterations of a loop have become. */
export async function readIterations(db: Executor, loopId: number): Promise<IterationView[]> {
  const rows = await sql<IterationView>`select iteration as number, bool_or(state <> 'Done') as open,
      coalesce(bool_or(outcome = 'Failed'), false) as failed, coalesce(bool_or(outcome = 'Canceled'), false) as canceled
    from steps where parent_id = ${loopId} group by iteration order by iteration`.execute(db)
  return rows.rows
}

/** The first step of a loop that failed, with what it said. */
export async function firstFailedChild(db: Executor, loopId: number): Promise<{ name: string; message: string } | undefined> {
  const rows = await sql<{ name: string; message: string | null }>`select name, error->>'message' as message
    from steps where parent_id = ${loopId} and outcome = 'Failed' order by id limit 1`.execute(db)
  const [row] = rows.rows
  return row === undefined ? undefined : { name: row.name, message: row.message ?? '' }
}

/** Published outputs of steps of a job by the steps' names. */
export async function readOutputs(db: Executor, jobId: number, names: readonly string[]): Promise<Map<string, StepOutputs>> {
  if (names.length === 0) return new Map()
  const rows = await db
    .selectFrom('steps')
    .select(['name', 'outputs'])
    .where('job_id', '=', jobId)
    .where('name', 'in', [...new Set(names)])
    .execute()
  return new Map(rows.map((row) => [row.name, row.outputs]))
}

export async function setOpenIterations(db: Executor, loopId: number, count: number): Promise<void> {
  await db.updateTable('steps').set({ open_iterations: count }).where('id', '=', loopId).execute()
}

export async function countStepsOf(db: Executor, jobId: number): Promise<number> {
  const rows = await sql<{ count: number }>`select count(*)::int as count from steps where job_id = ${jobId}`.execute(db)
  return rows.rows[0]?.count ?? 0
}

/** Open steps that depend on the named ones, and these themselves, in id order and locked. */
export async function lockNamedAndBelow(db: Executor, jobId: number, names: readonly string[]): Promise<number[]> {
  const rows = await sql<{ id: number }>`
    with recursive below(id) as (
      select id from steps where job_id = ${jobId} and name = any(${[...names]}::text[])
      union select e.target from edges e join below b on e.source = b.id)
    select s.id from steps s where s.id in (select id from below) and s.state <> 'Done' order by s.id for update`.execute(db)
  return rows.rows.map((row) => row.id)
}

/** Open steps that a loop added, at any depth, in id order and locked. */
export async function lockAdded(db: Executor, loopId: number): Promise<{ id: number; state: string }[]> {
  const rows = await sql<{ id: number; state: string }>`
    with recursive added(id) as (
      select id from steps where parent_id = ${loopId} union select s.id from steps s join added a on s.parent_id = a.id)
    select s.id, s.state from steps s where s.id in (select id from added) and s.state <> 'Done' order by s.id for update`.execute(
    db,
  )
  return rows.rows
}
