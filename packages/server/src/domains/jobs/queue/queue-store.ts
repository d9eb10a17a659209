import { sql } from 'kysely'
import type { Executor } from '../../../kernel/db/schema.ts'
import { slotsOf } from '../../compute/index.ts'
import type { Head, QueueKey, QueueRow, QueueSnapshot, Quota } from './types.ts'

/** SQL of queues. */

/** Finds or makes the queues of a new graph. @returns ids by {@link keyOf} */
export async function ensureQueues(
  db: Executor,
  owner: { readonly workspaceId: string; readonly submitter: string },
  keys: readonly QueueKey[],
): Promise<Map<string, number>> {
  // In one order, so that two submissions never wait for each other.
  const distinct = [...new Map(keys.map((key) => [keyOf(key), key])).entries()].toSorted(([left], [right]) =>
    left < right ? -1 : 1,
  )
  const column = <Value>(read: (key: QueueKey) => Value): Value[] => distinct.map(([, key]) => read(key))
  const members = sql`unnest(${column((key) => key.compute)}::text[], ${column((key) => key.experiment)}::text[],
    ${column((key) => key.priority)}::int[], ${column((key) => key.nodes)}::int[], ${column((key) => key.cores)}::float8[],
    ${column((key) => key.memoryBytes)}::bigint[], ${column((key) => key.gpus)}::int[])
    with ordinality wanted(compute, experiment, priority, nodes, cores, memory_bytes, gpus, position)`
  const { workspaceId, submitter } = owner
  await sql`insert into queues (workspace_id, compute, experiment, submitter, priority, nodes, cores, memory_bytes, gpus)
    select ${workspaceId}, compute, experiment, ${submitter}, priority, nodes, cores, memory_bytes, gpus from ${members}
    order by position on conflict do nothing`.execute(db)
  const found = await sql<{ id: number; position: number }>`select q.id, wanted.position::int from ${members}
    join queues q using (compute, experiment, priority, nodes, cores, memory_bytes, gpus)
    where q.workspace_id = ${workspaceId} and q.submitter = ${submitter}`.execute(db)
  return new Map(found.rows.map(({ id, position }) => [distinct[position - 1]?.[0] ?? '', id]))
}

export function keyOf(key: QueueKey): string {
  return JSON.stringify([key.compute, key.experiment, key.priority, key.nodes, key.cores, key.memoryBytes, key.gpus])
}

interface LoadedRow {
  id: number | null
  workspace_id: string
  compute: string
  experiment: string
  submitter: string
  priority: number
  nodes: number
  cores: number
  memory_bytes: number
  gpus: number
  held: number
  devices: string | null
  heads: [number, number][] | null
  since: number | null
  compute_properties: Record<string, unknown> | null
  compute_state: string | null
  now: number
}

/**
 * The queues in which something runs or could start. It costs one index look-up for each such queue, however many steps wait.
 * @param heads at most so many steps of each queue; `slots` instead: as many as the host has free
 */
export async function loadQueues(
  db: Executor,
  { heads, slots }: { readonly heads?: number; readonly slots?: number },
): Promise<QueueSnapshot> {
  const atMost =
    slots === undefined ? sql`${heads ?? 0}::bigint` : sql`(select greatest(0, ${slots} - coalesce(sum(held), 0)) from held)`
  const loaded = await sql<LoadedRow>`
    with recursive active(id) as (
      (select queue_id from steps where state = 'Ready' and queue_id is not null order by queue_id limit 1)
      union all
      select (select queue_id from steps where state = 'Ready' and queue_id > active.id order by queue_id limit 1)
        from active where active.id is not null),
    held as (select queue_id, count(*)::int as held,
        string_agg(array_to_string(devices, ','), ',') filter (where devices <> '{}') as devices
      from steps where lease_until is not null group by queue_id),
    ready as (select active.id, due.heads, due.since from active cross join lateral (
        select json_agg(json_build_array(s.id, s.attempt) order by s.id) as heads, extract(epoch from min(s.not_before)) * 1000 as since
        from (select id, attempt, not_before from steps where queue_id = active.id and state = 'Ready' and not_before <= now()
            and spec->>'type' <> 'sweep' order by id limit ${atMost}) s) due
      where active.id is not null)
    select q.*, held.queue_id is null as idle, coalesce(held.held, 0) as held, held.devices, ready.heads,
      greatest(ready.since, extract(epoch from q.served_at) * 1000)::float8 as since,
      c.properties as compute_properties, c.status->>'state' as compute_state, (extract(epoch from now()) * 1000)::float8 as now
    from ready full join held on held.queue_id = ready.id
    left join queues q on q.id = coalesce(ready.id, held.queue_id)
    left join lateral (select * from resources where id = q.workspace_id || '/computes/' || q.compute limit 1) c on true`.execute(
    db,
  )
  const rows = loaded.rows.flatMap((row) => (row.id === null ? [] : [rowOf({ ...row, id: row.id })]))
  return {
    rows,
    unqueued: loaded.rows.find((row) => row.id === null)?.held ?? 0,
    quotas: rows.length === 0 ? [] : await listQuotas(db),
    nowMs: loaded.rows[0]?.now ?? 0,
  }
}

function rowOf(row: LoadedRow & { id: number }): QueueRow {
  const heads = (row.heads ?? []).map(([id, attempt]): Head => ({ id, attempt }))
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    compute: row.compute,
    experiment: row.experiment,
    submitter: row.submitter,
    priority: row.priority,
    nodes: row.nodes,
    cores: row.cores,
    memoryBytes: row.memory_bytes,
    gpus: row.gpus,
    held: row.held,
    devices: row.devices === null ? [] : row.devices.split(','),
    heads,
    waitingSinceMs: row.since ?? row.now,
    computeType: textOf(row.compute_properties?.['computeType']),
    computeState: row.compute_state ?? undefined,
    maxNodes: row.compute_properties === null ? undefined : slotsOf(row.compute_properties),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export async function listQuotas(db: Executor): Promise<Quota[]> {
  return db.selectFrom('quotas').select(['scope', 'name', 'quota']).orderBy('scope').orderBy('name').execute()
}
