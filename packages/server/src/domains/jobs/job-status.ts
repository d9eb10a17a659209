import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { jobResourceType } from './job-ids.ts'

type StatusPatch = JsonObject & { readonly status: string }

/** Writes the status that clients see, with the event `jobs.statusChanged`, in the transaction of the transition. */
export function setJobStatus(tx: Executor, ctx: Context, resourceId: string, patch: StatusPatch): Promise<void> {
  return tellJobStatuses(tx, ctx, [{ resourceId, patch }])
}

export interface StatusChange {
  readonly resourceId: string
  readonly patch: StatusPatch
}

/** As {@link setJobStatus} for different jobs: one statement, whatever their number. A job that is gone is left out. */
export async function tellJobStatuses(tx: Executor, ctx: Context, changes: readonly StatusChange[]): Promise<void> {
  if (changes.length === 0) return
  const asked = changes.map(({ resourceId, patch }) => ({ id: resourceId.toLowerCase(), patch, event: ctx.ids.uuid() }))
  const actor = { id: systemActor.id, name: systemActor.name, kind: systemActor.kind }
  // A job being cancelled stays so in its clients' eyes until it has ended.
  await sql`
    with asked as (select * from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) asked(id text, patch jsonb, event text)),
    before as (select r.id, r.display_id, r.name, r.workspace_id, r.properties->'jobType' as job_type, r.properties->'parentJobName' as parent,
        r.status->>'status' as previous, a.event,
        case when r.status->>'status' = 'CancelRequested' and a.patch->>'status' not in ('Completed', 'Failed', 'Canceled')
          then a.patch - 'status' else a.patch end as patch
      from resources r join asked a on a.id = r.id where r.id = any(${asked.map((change) => change.id)}::text[])
      order by r.id for update of r),
    changed as (update resources r set status = r.status || b.patch, etag = r.etag + 1 from before b where r.id = b.id)
    insert into events (id, time, type, subject, workspace_id, actor, action, result, data)
    select event, ${ctx.clock.now()}::timestamptz, 'jobs.statusChanged', display_id, workspace_id, ${JSON.stringify(actor)}::jsonb,
      ${`${jobResourceType}/write`}, case when patch->>'status' = 'Failed' then 'failed' else 'success' end,
      jsonb_build_object('status', patch->'status', 'jobName', name) || jsonb_strip_nulls(jsonb_build_object(
        'previousStatus', previous, 'jobType', job_type, 'parentJobName', parent))
    from before where patch->>'status' is distinct from previous and patch ? 'status'`.execute(tx)
}

/** The same status for many jobs at once, without an event for each: their pipeline's event tells. */
export async function setJobStatuses(tx: Executor, resourceIds: readonly string[], patch: StatusPatch): Promise<void> {
  if (resourceIds.length === 0) return
  await sql`update resources set status = status || ${JSON.stringify(patch)}::jsonb, etag = etag + 1
    where id = any(${resourceIds.map((id) => id.toLowerCase())}::text[])`.execute(tx)
}
