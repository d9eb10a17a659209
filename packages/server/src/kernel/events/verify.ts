import type { Executor } from '../db/schema.ts'
import { eventHash, genesisHash } from './sealer.ts'

export type AuditVerification =
  | { readonly intact: true; readonly verified: number; readonly head: string; readonly unsealed: number }
  | { readonly intact: false; readonly verified: number; readonly brokenSequence: number; readonly reason: string }

/** Walks the audit chain from the first event and names the first broken sequence: edited, deleted, reordered or inserted. */
export async function verifyAuditChain(db: Executor, batchSize = 2_000): Promise<AuditVerification> {
  let previousHash = genesisHash
  let sequence = 0
  for (;;) {
    const rows = await db
      .selectFrom('events')
      .selectAll()
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(batchSize)
      .execute()
    for (const row of rows) {
      const expected = sequence + 1
      if (row.sequence !== expected) {
        return { intact: false, verified: sequence, brokenSequence: expected, reason: `event ${expected} is missing` }
      }
      if (row.previous_hash !== previousHash || row.hash !== eventHash(row, previousHash)) {
        return {
          intact: false,
          verified: sequence,
          brokenSequence: expected,
          reason: `event ${expected} does not match its hash`,
        }
      }
      sequence = expected
      previousHash = row.hash
    }
    if (rows.length < batchSize) break
  }
  const unsealed = await db
    .selectFrom('events')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('sequence', 'is', null)
    .executeTakeFirstOrThrow()
  return { intact: true, verified: sequence, head: previousHash, unsealed: Number(unsealed.count) }
}
