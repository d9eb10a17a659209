import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { systemActor } from '../../kernel/auth/index.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { jobResourceType } from './job-ids.ts'

/** Writes the status that clients see, with the event `jobs.statusChanged`, in the transaction of the transition. */
export async function setJobStatus(
  tx: Executor,
  ctx: Context,
  resourceId: string,
  patch: JsonObject & { status: string },
): Promise<void> {
  const before = await findResource(tx, resourceId, { forUpdate: true })
  if (before === undefined) return
  const previous = before.status['status']
  // A job being cancelled stays so in its clients' eyes until it has ended.
  const hidden = previous === 'CancelRequested' && !['Completed', 'Failed', 'Canceled'].includes(patch.status)
  await ctx.resources.updateStatus(tx, resourceId, hidden ? { ...patch, status: previous } : patch)
  if (hidden || previous === patch.status) return
  await appendEvent(tx, ctx, systemActor, {
    type: 'jobs.statusChanged',
    subject: before.id,
    action: `${jobResourceType}/write`,
    result: patch.status === 'Failed' ? 'failed' : 'success',
    data: {
      status: patch.status,
      previousStatus: previous,
      jobType: before.properties['jobType'],
      jobName: before.name,
      ...(before.properties['parentJobName'] === undefined ? {} : { parentJobName: before.properties['parentJobName'] }),
    },
  })
}

/** The same status for many jobs at once, without an event for each: their pipeline's event tells. */
export async function setJobStatuses(
  tx: Executor,
  resourceIds: readonly string[],
  patch: JsonObject & { status: string },
): Promise<void> {
  if (resourceIds.length === 0) return
  await sql`update resources set status = status || ${JSON.stringify(patch)}::jsonb, etag = etag + 1
    where id = any(${resourceIds.map((id) => id.toLowerCase())}::text[])`.execute(tx)
}
