import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { canonicalJson } from '../canonical-json.ts'
import type { Executor } from '../db/schema.ts'
import type { EventsTable } from '../tables.ts'
import type { Selectable } from 'kysely'

export type EventRow = Selectable<EventsTable>

export const genesisHash = '0'.repeat(64)
const sealerLock = 7_180_001

/**
 * Gives committed events their sequence and chain hash, in the order in which they are seen committed.
 * Runs under an advisory lock, so any number of processes may call it.
 * hash_n = SHA-256(hash_{n−1} ‖ canonical JSON of event n), RFC 8785.
 * @returns how many events were sealed
 */
export async function sealEvents(db: Executor, limit = 500): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const lock = await sql<{ locked: boolean }>`select pg_try_advisory_xact_lock(${sealerLock}) as locked`.execute(tx)
    if (lock.rows[0]?.locked !== true) return 0
    const pending = await tx
      .selectFrom('events')
      .selectAll()
      .where('sequence', 'is', null)
      .orderBy('insert_id')
      .limit(limit)
      .execute()
    if (pending.length === 0) return 0
    const last = await tx
      .selectFrom('events')
      .select(['sequence', 'hash'])
      .where('sequence', 'is not', null)
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst()
    let sequence = last?.sequence ?? 0
    let previousHash = last?.hash ?? genesisHash
    const sealed = pending.map((row) => {
      sequence += 1
      const hash = eventHash({ ...row, sequence }, previousHash)
      const entry = { insert_id: row.insert_id, sequence, previous_hash: previousHash, hash }
      previousHash = hash
      return entry
    })
    await sql`update events e set sequence = s.sequence, previous_hash = s.previous_hash, hash = s.hash
      from jsonb_to_recordset(${JSON.stringify(sealed)}::jsonb) as s(insert_id bigint, sequence bigint, previous_hash text, hash text)
      where e.insert_id = s.insert_id`.execute(tx)
    await sql`select pg_notify('events', ${String(sequence)})`.execute(tx)
    return sealed.length
  })
}

/** The chain hash of one event, over everything a reader can see of it. */
export function eventHash(row: EventRow, previousHash: string): string {
  const record = {
    sequence: row.sequence,
    id: row.id,
    time: row.time.toISOString(),
    type: row.type,
    subject: row.subject,
    workspaceId: row.workspace_id,
    actor: row.actor,
    action: row.action,
    result: row.result,
    requestId: row.request_id,
    data: row.data,
  }
  return createHash('sha256').update(previousHash).update(canonicalJson(record)).digest('hex')
}
