import type { Executor } from '../db/schema.ts'
import type { EventRow } from './sealer.ts'

/** Handles one event; called at least once per event, in order. Make it idempotent by `row.sequence` or `row.id`. */
export type EventHandler = (row: EventRow) => Promise<void>

/** A durable subscription: a name with its own cursor. */
export interface EventSubscription {
  readonly reader: string
  /** Event types of interest; a trailing `*` matches any ending. */
  readonly types: readonly string[]
  readonly handle: EventHandler
}

/** Delivers new events to a subscription and moves its cursor. @returns how many were read */
export async function deliverEvents(db: Executor, subscription: EventSubscription, batchSize = 200): Promise<number> {
  const cursor = await db
    .selectFrom('event_cursors')
    .select('sequence')
    .where('reader', '=', subscription.reader)
    .executeTakeFirst()
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('sequence', '>', cursor?.sequence ?? 0)
    .orderBy('sequence')
    .limit(batchSize)
    .execute()
  for (const row of rows) {
    if (!matches(subscription.types, row.type)) continue
    await subscription.handle(row)
    await moveCursor(db, subscription.reader, row.sequence ?? 0)
  }
  const last = rows.at(-1)
  if (last !== undefined) await moveCursor(db, subscription.reader, last.sequence ?? 0)
  return rows.length
}

async function moveCursor(db: Executor, reader: string, sequence: number): Promise<void> {
  await db
    .insertInto('event_cursors')
    .values({ reader, sequence })
    .onConflict((conflict) => conflict.column('reader').doUpdateSet({ sequence }).where('event_cursors.sequence', '<', sequence))
    .execute()
}

function matches(types: readonly string[], type: string): boolean {
  return types.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern))
}
