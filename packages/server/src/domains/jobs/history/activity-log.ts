import { sql } from 'kysely'
import type { Context } from '../../../context.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { terminalStatuses } from '../planner.ts'

/**
 * The log of a job that has no process of its own, written from what happened to its steps: a pipeline's `logs/azureml/executionlogs.txt`
 * and a sweep's `azureml-logs/hyperdrive.txt`. Clients count lines between two looks, so a line never moves once it was served.
 */

const paths: Readonly<Record<string, string>> = {
  Pipeline: 'logs/azureml/executionlogs.txt',
  Sweep: 'azureml-logs/hyperdrive.txt',
  // No process writes it; it is the name that `jobs.stream` looks for in jobs that are neither.
  AutoML: 'user_logs/std_log.txt',
}

export function activityLogPath(job: StoredResource): string | undefined {
  return paths[String(job.properties['jobType'])]
}

/** The lines so far. While the job runs, events whose neighbours may still be uncommitted wait for the next look. */
export async function writeActivityLog(ctx: Context, job: StoredResource): Promise<string> {
  const ended = terminalStatuses.includes(String(job.status['status']))
  const told = await sql<{ name: string; state: string; attempt: number | null; at: Date; reason: string | null }>`
    select coalesce(e.data->>'name', s.name) as name, e.to_state as state, e.attempt, e.at, e.data->>'reason' as reason
    from job_events e join steps s on s.id = e.step_id join jobs j on j.id = s.job_id
    where (j.resource_id = ${job.id.toLowerCase()} or s.resource_id = ${job.id.toLowerCase()})
      and e.to_state = any(${[...toldStates.keys()]}::text[]) 
      and (${ended} or e.transaction_id < pg_snapshot_xmin(pg_current_snapshot()))
    order by e.sequence`.execute(ctx.db.kysely)
  return told.rows.map((row) => `${lineOf(job, row)}\n`).join('')
}

const toldStates = new Map([
  ['Active', 'is running'],
  ['Completed', 'has completed'],
  ['Reused', 'took over the result of an earlier run'],
  ['Failed', 'has failed'],
  ['Canceled', 'was canceled'],
  ['Skipped', 'was skipped'],
  ['IterationStarted', 'starts an iteration'],
  ['TrialCreated', 'was created'],
  ['TrialEnded', 'has ended'],
  ['TrialStopped', 'is stopped early'],
])

/** Jobs without steps of their own. */
const searches = new Map([
  ['Sweep', 'The sweep'],
  ['AutoML', 'The search'],
])

function lineOf(
  job: StoredResource,
  row: { name: string; state: string; attempt: number | null; at: Date; reason: string | null },
): string {
  const subject = row.state.startsWith('Trial') ? 'Trial' : (searches.get(String(job.properties['jobType'])) ?? 'Step')
  const name = subject.startsWith('The ') ? '' : ` '${row.name}'`
  const again = row.state === 'Active' && (row.attempt ?? 1) > 1 ? ` (attempt ${row.attempt})` : ''
  return `${row.at.toISOString()} ${subject}${name} ${toldStates.get(row.state) ?? row.state}${again}${row.reason === null ? '' : `: ${row.reason}`}`
}
