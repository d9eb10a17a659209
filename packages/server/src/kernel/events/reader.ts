import { sql } from 'kysely'
import type { Executor } from '../db/schema.ts'
import type { EventRow } from './sealer.ts'

/** Handles one event; called at least once per event, in order. Make it idempotent by `row.sequence` or `row.id`. */
export type EventHandler = (row: EventRow) => Promise<void>

/** A durable subscription: a name with its own cursor. */
export interface EventSubscription {
  readonly reader: string
  /** Event types of interest; `*` alone means all of them. */
  readonly types: readonly string[]
  /** The handler, or what makes one for a batch of events that were read: it may look things up once for all of them. */
  readonly handle: EventHandler | { readonly forBatch: () => Promise<EventHandler> }
}

/**
 * Delivers new events to a subscription. Its cursor moves with the events that it asked for: others are passed over by the index.
 * @returns how many were delivered
 */
export async function deliverEvents(db: Executor, subscription: EventSubscription, batchSize = 200): Promise<number> {
  const { reader, types, handle } = subscription
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('sequence', '>', sql<number>`coalesce((select c.sequence from event_cursors c where c.reader = ${reader}), 0)`)
    .$if(!types.includes('*'), (query) => query.where('type', 'in', [...types]))
    .orderBy('sequence')
    .limit(batchSize)
    .execute()
  if (rows.length === 0) return 0
  const handler = typeof handle === 'function' ? handle : await handle.forBatch()
  let done = 0
  try {
    for (const row of rows) {
      await handler(row)
      done = row.sequence ?? done
    }
  } finally {
    if (done > 0) await moveCursor(db, reader, done)
  }
  return rows.length
}

async function moveCursor(db: Executor, reader: string, sequence: number): Promise<void> {
  await db
    .insertInto('event_cursors')
    .values({ reader, sequence })
    .onConflict((conflict) => conflict.column('reader').doUpdateSet({ sequence }).where('event_cursors.sequence', '<', sequence))
    .execute()
}
