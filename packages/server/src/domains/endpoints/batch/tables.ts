import type { Generated } from 'kysely'

/** One row per job that an invocation started; endpoints and deployments by lower-case id, which may be gone by now. */
export interface BatchInvocationsTable {
  sequence: Generated<number>
  job_id: string
  endpoint_id: string
  deployment_id: string
  invoked_at: Generated<Date>
}

declare module '../../../kernel/db/schema.ts' {
  interface Database {
    batch_invocations: BatchInvocationsTable
  }
}
