import type { Kysely } from 'kysely'
import type { KernelTables } from '../tables.ts'

/**
 * Every table of the platform. The kernel's are here; a domain adds its own in its `tables.ts` by declaration merging:
 * `declare module '../../kernel/db/schema.ts' { interface Database { runs: RunsTable } }`.
 */
export interface Database extends KernelTables {}

/** A connection or a transaction: what a store function needs to read or write. */
export type Executor = Kysely<Database>
