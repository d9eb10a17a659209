import { sql } from 'kysely'
import type { Executor } from '../db/schema.ts'
import type { JsonObject } from '../tables.ts'

/** Work that must happen outside a transaction: one row per (kind, key), claimed with a lease, idempotent by key. */
export interface TaskDraft {
  readonly kind: string
  readonly key: string
  readonly payload?: JsonObject
  /** Not before this many milliseconds from now (database clock). */
  readonly delayMs?: number
}

export interface ClaimedTask {
  readonly id: number
  readonly kind: string
  readonly key: string
  readonly payload: JsonObject
  /** Fencing token: grows with every claim. */
  readonly attempt: number
  /** Failures in a row before this claim. */
  readonly failures: number
  /** How often it had been asked for when it was claimed. */
  readonly requested: number
}

/**
 * Asks for a task. Asking again for the same key while it is ready merges; while it runs, it will run once more.
 * Call it in the transaction of the change that needs it.
 */
export async function enqueueTask(db: Executor, draft: TaskDraft): Promise<void> {
  const notBefore = sql<Date>`now() + make_interval(secs => ${(draft.delayMs ?? 0) / 1000})`
  await db
    .insertInto('tasks')
    .values({ kind: draft.kind, key: draft.key, payload: JSON.stringify(draft.payload ?? {}), not_before: notBefore })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'key']).doUpdateSet({
        payload: JSON.stringify(draft.payload ?? {}),
        requested: sql`tasks.requested + 1`,
        failures: sql`case when tasks.state = 'ready' then 0 else tasks.failures end`,
        not_before: sql`case when tasks.state = 'ready' then least(tasks.not_before, excluded.not_before) else excluded.not_before end`,
      }),
    )
    .execute()
  await sql`select pg_notify('tasks', '')`.execute(db)
}

/** Claims up to `limit` due tasks of the given kinds for `leaseMs`; also takes over tasks whose lease ran out. */
export async function claimTasks(
  db: Executor,
  holder: string,
  kinds: readonly string[],
  options: { limit: number; leaseMs: number },
): Promise<ClaimedTask[]> {
  if (kinds.length === 0 || options.limit <= 0) return []
  const result = await sql<ClaimedTask>`
    with due as (
      select id from tasks
      where kind = any(${kinds}) and ((state = 'ready' and not_before <= now()) or (state = 'running' and lease_until < now()))
      order by not_before, id limit ${options.limit} for update skip locked)
    update tasks t set state = 'running', holder = ${holder}, attempt = t.attempt + 1,
      lease_until = now() + make_interval(secs => ${options.leaseMs / 1000})
    from due where t.id = due.id
    returning t.id, t.kind, t.key, t.payload, t.attempt, t.failures, t.requested`.execute(db)
  return result.rows
}

/** Ends a claimed task. Asked for again meanwhile, it becomes ready once more instead of going away. */
export async function finishTask(db: Executor, task: ClaimedTask): Promise<void> {
  await sql`delete from tasks where id = ${task.id} and attempt = ${task.attempt} and requested = ${task.requested}`.execute(db)
  await sql`update tasks set state = 'ready', failures = 0, lease_until = null, holder = null
    where id = ${task.id} and attempt = ${task.attempt} and state = 'running'`.execute(db)
}

/** Puts a claimed task back for later; `error` is kept for people to read. */
export async function postponeTask(db: Executor, task: ClaimedTask, delayMs: number, error?: string): Promise<void> {
  await sql`update tasks set state = 'ready', lease_until = null, holder = null, last_error = ${error ?? null},
    failures = case when ${error ?? null}::text is null then 0 else failures + 1 end,
    not_before = case when requested > ${task.requested} then now() else now() + make_interval(secs => ${delayMs / 1000}) end
    where id = ${task.id} and attempt = ${task.attempt} and state = 'running'`.execute(db)
}

/** Extends the leases of claimed tasks; a task that does not come back was taken over. */
export async function renewTasks(db: Executor, holder: string, ids: readonly number[], leaseMs: number): Promise<number[]> {
  if (ids.length === 0) return []
  const result = await sql<{ id: number }>`update tasks set lease_until = now() + make_interval(secs => ${leaseMs / 1000})
    where id = any(${ids}) and holder = ${holder} and state = 'running' returning id`.execute(db)
  return result.rows.map((row) => row.id)
}
