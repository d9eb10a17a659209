import { sql, type Kysely } from 'kysely'

/** Files of model versions, pinned by digest when the version is made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table model_version_files (
        version_id text not null,
        path text not null,
        digest text not null,
        size_bytes bigint not null,
        primary key (version_id, path)
      )`,
    )
    .execute(db)
  await sql.raw(`create index model_version_files_by_digest on model_version_files (digest)`).execute(db)
}
