import type { ErrorDetail } from '@fulcrum/contract'
import type { Actor } from '../auth/actor.ts'
import type { Executor } from '../db/schema.ts'
import type { EventSource } from '../events/events.ts'

/** Long-running operations: what `Azure-AsyncOperation` polls. */

export interface AsyncOperationError {
  readonly code: string
  readonly message: string
  readonly details?: readonly ErrorDetail[]
}

export interface AsyncOperation {
  readonly id: string
  readonly resourceId: string
  readonly kind: string
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled'
  readonly error: AsyncOperationError | undefined
  readonly createdAt: Date
  readonly endedAt: Date | undefined
}

/** Provisioning states that end an operation, and the status they end it with. */
const terminalStates: Readonly<Record<string, AsyncOperation['status']>> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  canceled: 'Canceled',
}

export async function startAsyncOperation(
  db: Executor,
  source: EventSource,
  actor: Actor,
  entry: { resourceId: string; kind: string },
): Promise<string> {
  const id = source.ids.uuid()
  await db
    .insertInto('async_operations')
    .values({
      id,
      resource_id: entry.resourceId.toLowerCase(),
      kind: entry.kind,
      status: 'InProgress',
      created_by: actor.id,
      created_at: source.clock.now(),
    })
    .execute()
  return id
}

/** An operation that ended with the request that began it, for clients that insist on polling one. */
export async function recordEndedOperation(
  db: Executor,
  source: EventSource,
  actor: Actor,
  entry: { resourceId: string; kind: string },
): Promise<string> {
  const [id, now] = [source.ids.uuid(), source.clock.now()]
  const resourceId = entry.resourceId.toLowerCase()
  await db
    .insertInto('async_operations')
    .values({
      id,
      resource_id: resourceId,
      kind: entry.kind,
      status: 'Succeeded',
      created_by: actor.id,
      created_at: now,
      ended_at: now,
    })
    .execute()
  return id
}

/** Says what an operation was begun for, when the write that began it could not know. */
export async function renameAsyncOperation(db: Executor, id: string, kind: string): Promise<void> {
  await db.updateTable('async_operations').set({ kind }).where('id', '=', id).execute()
}

/** Ends all open operations of a resource when its provisioning state is terminal. Call it in the transaction of the status change. */
export async function settleAsyncOperations(
  db: Executor,
  now: Date,
  entry: { resourceId: string; provisioningState: string; error?: AsyncOperationError },
): Promise<void> {
  const status = terminalStates[entry.provisioningState.toLowerCase()]
  if (status === undefined) return
  await db
    .updateTable('async_operations')
    .set({ status, ended_at: now, error: entry.error === undefined ? null : JSON.stringify(entry.error) })
    .where('resource_id', '=', entry.resourceId.toLowerCase())
    .where('ended_at', 'is', null)
    .execute()
}

export async function findAsyncOperation(db: Executor, id: string): Promise<AsyncOperation | undefined> {
  const row = await db.selectFrom('async_operations').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) return undefined
  return {
    id: row.id,
    resourceId: row.resource_id,
    kind: row.kind,
    status: row.status as AsyncOperation['status'],
    error: (row.error ?? undefined) as AsyncOperationError | undefined,
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
  }
}
