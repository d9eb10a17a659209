import type { RunningEntry, WaitingEntry } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Executor } from '../../../kernel/db/schema.ts'
import type { WaitReason } from './wait-reason.ts'

/** Steps as the queue shows them. */

export interface QueuedStep {
  readonly id: number
  readonly running: boolean
  /** It waits for its next attempt after a fault of the host. */
  readonly retrying: boolean
  readonly name: string
  readonly jobName: string
  readonly displayName: string | null
  readonly parentJobName: string | null
  readonly experiment: string
  readonly compute: string
  readonly submitter: string | null
  readonly priority: number
  readonly nodes: number
  readonly cores: number
  readonly memoryBytes: number
  readonly gpus: number
  readonly devices: readonly string[]
  readonly status: string | null
  readonly readyAt: Date
  readonly startedAt: Date | null
}

export async function countWaiting(db: Executor, workspaceId: string): Promise<{ compute: string; count: number }[]> {
  const rows = await sql<{ compute: string; count: number }>`
    select q.compute, sum(w.count)::int as count from
      (select queue_id, count(*) as count from steps where state = 'Ready' and queue_id is not null and spec->>'type' <> 'sweep' group by queue_id) w
    join queues q on q.id = w.queue_id where q.workspace_id = ${workspaceId} group by q.compute`.execute(db)
  return rows.rows
}

/** All that run in a workspace, the given ones that wait, and some that wait for another attempt. */
export async function readQueued(
  db: Executor,
  wanted: {
    readonly workspaceId: string
    readonly compute: string | undefined
    readonly waitingIds: readonly number[]
    readonly retrying: number
  },
): Promise<QueuedStep[]> {
  const ofCompute = wanted.compute === undefined ? sql`true` : sql`q.compute = ${wanted.compute}`
  const rows = await sql<QueuedStep>`
    with chosen as (
      select id from steps where lease_until is not null
      union select unnest(${[...wanted.waitingIds]}::bigint[])
      union (select id from steps where state = 'Ready' and queue_id is not null and not_before > now() order by not_before limit ${wanted.retrying}))
    select s.id, s.lease_until is not null as running, s.state = 'Ready' and s.not_before > now() as retrying, s.name,
      coalesce(r.name, regexp_replace(s.resource_id, '^.*/', '')) as "jobName", r.properties->>'displayName' as "displayName",
      r.properties->>'parentJobName' as "parentJobName", q.experiment, coalesce(s.spec->>'computeName', q.compute) as compute,
      j.submitter->>'name' as submitter, q.priority, q.nodes, q.cores, q.memory_bytes as "memoryBytes", q.gpus, s.devices,
      r.status->>'status' as status, s.not_before as "readyAt", a.started_at as "startedAt"
    from chosen join steps s using (id) join jobs j on j.id = s.job_id join queues q on q.id = s.queue_id
    left join resources r on r.id = s.resource_id
    left join attempts a on a.step_id = s.id and a.attempt = s.attempt and s.lease_until is not null
    where q.workspace_id = ${wanted.workspaceId} and ${ofCompute}
    order by a.started_at nulls last, s.id`.execute(db)
  return rows.rows
}

const mebibyte = 1024 * 1024

export function entryOf(step: QueuedStep): Omit<WaitingEntry, 'position' | 'reason'> {
  return {
    jobName: step.jobName,
    displayName: step.displayName ?? step.jobName,
    ...(step.parentJobName === null ? {} : { parentJobName: step.parentJobName }),
    stepName: step.name,
    experimentName: step.experiment,
    computeName: step.compute,
    submitter: step.submitter ?? '',
    priority: step.priority,
    request: {
      nodes: step.nodes,
      cores: step.cores,
      memoryMegabytes: Math.round(step.memoryBytes / mebibyte),
      gpus: step.gpus,
    },
    readyAt: step.readyAt.toISOString(),
  }
}

export function runningEntryOf(step: QueuedStep): RunningEntry {
  return {
    ...entryOf(step),
    status: step.status ?? '',
    startedAt: (step.startedAt ?? step.readyAt).toISOString(),
    devices: [...step.devices],
  }
}

export function retryReason(step: QueuedStep): WaitReason {
  return {
    code: 'Retry',
    message: `A fault of the host ended its last attempt; the next starts at ${step.readyAt.toISOString()}.`,
  }
}
