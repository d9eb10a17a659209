import { sql, type Kysely } from 'kysely'

/** Sign-ins of devices that wait for a user's approval. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table device_codes (
        code_hash bytea primary key,
        user_code text not null unique,
        client_id text not null,
        audience text not null,
        state text not null check (state in ('pending', 'approved', 'denied')),
        principal_id text references principals (id) on delete cascade,
        scopes jsonb,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        polled_at timestamptz
      )`,
    )
    .execute(db)
  await sql.raw(`create index device_codes_by_expiry on device_codes (expires_at)`).execute(db)
}
