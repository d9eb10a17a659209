import { sql } from 'kysely'
import type { Executor } from '../../../kernel/db/schema.ts'
import type { StepRow } from '../step-store.ts'
import { takeNodes } from '../../compute/index.ts'
import { nameOf } from '../job-ids.ts'
import { planQueue } from './plan-queue.ts'
import { computeIdOf, stateOf } from './pools.ts'
import { loadQueues } from './queue-store.ts'
import type { Capacity, Head, QueueRow } from './types.ts'

/** A lock that makes counting what is taken and claiming one thing. */
export const claimLock = 7_180_040

/** `newNodes`: by how many nodes its cluster grows for it. */
export type ClaimedStep = StepRow & { readonly newNodes: number }

interface Claim extends Head {
  readonly queueId: number
  readonly devices: readonly string[]
}

/** Claims the steps whose turn it is, as far as the host, computes and quotas have room; one look at the queues, one write. */
export async function claimSteps(
  db: Executor,
  holder: string,
  options: {
    readonly capacity: Capacity
    readonly leaseMs: number
    readonly place: (step: { readonly id: number; readonly attempt: number }) => {
      readonly token: string
      readonly directory: string
    }
  },
): Promise<ClaimedStep[]> {
  await sql`select pg_advisory_xact_lock(${claimLock})`.execute(db)
  const snapshot = await loadQueues(db, { slots: options.capacity.slots })
  if (!snapshot.rows.some((row) => row.heads.length > 0)) return []
  const { starts } = planQueue(stateOf(snapshot, options.capacity))
  const claims = claimsOf(starts, snapshot.rows, options.capacity)
  if (claims.length === 0) return []
  const places = claims.map(({ id, attempt }) => options.place({ id, attempt: attempt + 1 }))
  const claimed = await sql<StepRow>`
    with due as (select * from unnest(${claims.map((claim) => claim.id)}::bigint[], ${claims.map((claim) => claim.queueId)}::bigint[],
        ${claims.map((claim) => claim.devices.join(','))}::text[], ${places.map((place) => place.token)}::text[],
        ${places.map((place) => place.directory)}::text[]) with ordinality due(id, queue_id, devices, token, directory, position)),
    free as (select s.id from steps s join due on due.id = s.id where s.state = 'Ready' for update of s skip locked),
    taken as (update steps s set state = 'Launching', attempt = s.attempt + 1, holder = ${holder},
        devices = case when due.devices = '' then '{}' else string_to_array(due.devices, ',') end,
        lease_until = now() + make_interval(secs => ${options.leaseMs / 1000})
      from due join free using (id) where s.id = due.id returning s.*, due.position, due.token, due.directory),
    happened as (insert into job_events (job_id, step_id, attempt, from_state, to_state) select job_id, id, attempt, 'Ready', 'Launching' from taken),
    placed as (insert into attempts (step_id, attempt, token, directory) select id, attempt, token, directory from taken),
    served as (update queues set served_at = now() where id in (select queue_id from taken))
    select * from taken order by position`.execute(db)
  return takeNodesFor(db, claimed.rows, snapshot.rows)
}

/** Of clusters alone: elsewhere there are no nodes to count. */
async function takeNodesFor(db: Executor, steps: readonly StepRow[], rows: readonly QueueRow[]): Promise<ClaimedStep[]> {
  const clusters = new Map(rows.filter((row) => row.computeType === 'AmlCompute').map((row) => [row.id, row]))
  const claimed: ClaimedStep[] = []
  for (const step of steps) {
    const row = clusters.get(step.queue_id ?? 0)
    if (row === undefined) {
      claimed.push({ ...step, newNodes: 0 })
      continue
    }
    const holders = await sql<{ id: number }>`select id from steps where lease_until is not null`.execute(db)
    const newNodes = await takeNodes(db, computeIdOf(row), {
      stepId: step.id,
      runId: nameOf(step.resource_id),
      count: row.nodes,
      heldSteps: holders.rows.map((holder) => holder.id),
    })
    claimed.push({ ...step, newNodes })
  }
  return claimed
}

/** The first steps of the queues whose turn it is, each with GPUs that nobody else holds. */
function claimsOf(starts: readonly number[], rows: readonly QueueRow[], capacity: Capacity): Claim[] {
  const taken = new Set(rows.flatMap((row) => row.devices))
  const free = capacity.gpus.filter((device) => !taken.has(device))
  const byId = new Map(rows.map((row) => [row.id, { row, next: 0 }]))
  return starts.flatMap((queueId): Claim[] => {
    const place = byId.get(queueId)
    const head = place?.row.heads[place.next]
    if (place === undefined || head === undefined) return []
    place.next += 1
    return [{ ...head, queueId, devices: free.splice(0, place.row.gpus * place.row.nodes) }]
  })
}
