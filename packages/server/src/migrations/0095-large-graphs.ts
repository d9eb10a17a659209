import { sql, type Kysely } from 'kysely'

/**
 * What a graph of 30,000 steps pays for each of its rows.
 *
 * Steps are written together with their job and its queues, edges by joining the steps that they connect, so that look-ups for each row
 * find nothing out; they still go with what they belong to. Rows of two kilobytes are kept as they are: to compress them costs more than
 * to write them, and everybody who looks at a job would have to expand them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table steps drop constraint steps_job_id_fkey, drop constraint steps_queue_id_fkey`,
  `create function delete_steps_of_jobs() returns trigger language plpgsql as $$ begin
    delete from steps where job_id in (select id from gone);
    return null;
  end $$`,
  `create trigger jobs_delete_steps after delete on jobs referencing old table as gone
    for each statement execute function delete_steps_of_jobs()`,
  `alter table edges drop constraint edges_source_fkey, drop constraint edges_target_fkey`,
  `create function delete_edges_of_steps() returns trigger language plpgsql as $$ begin
    delete from edges where source in (select id from gone);
    delete from edges where target in (select id from gone);
    return null;
  end $$`,
  `create trigger steps_delete_edges after delete on steps referencing old table as gone
    for each statement execute function delete_edges_of_steps()`,
  `alter table resources set (toast_tuple_target = 4080)`,
  `alter table steps set (toast_tuple_target = 4080)`,
]
