import { sql, type Kysely } from 'kysely'

/** Trials that follow a search: the ensemble of the best models, the explanation of the best one. Absent for trials of the search. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sweep_trials add column role text`.execute(db)
}
