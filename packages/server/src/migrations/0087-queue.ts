import { sql, type Kysely } from 'kysely'

/** Queues of steps that are alike to the scheduler, quotas, and the nodes of clusters. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Steps of one queue are interchangeable: who decides looks at one row per queue, however many steps wait in it.
  `create table queues (
    id bigserial primary key,
    workspace_id text not null,
    compute text not null,
    experiment text not null,
    submitter text not null,
    priority int not null,
    nodes int not null,
    cores double precision not null,
    memory_bytes bigint not null,
    gpus int not null,
    served_at timestamptz,
    unique (workspace_id, compute, experiment, submitter, priority, nodes, cores, memory_bytes, gpus)
  )`,
  `alter table steps add column queue_id bigint references queues(id)`,
  `alter table steps add column devices text[] not null default '{}'`,
  `insert into queues (workspace_id, compute, experiment, submitter, priority, nodes, cores, memory_bytes, gpus)
    select distinct j.workspace_id, lower(coalesce(s.spec->>'computeName', 'local')), coalesce(s.spec->>'experimentName', 'Default'),
      coalesce(j.submitter->>'id', ''), s.priority, coalesce((s.spec->>'instanceCount')::numeric::int, 1), 0, 0, 0
    from steps s join jobs j on j.id = s.job_id where s.state <> 'Done'`,
  `update steps s set queue_id = q.id from jobs j, queues q
    where j.id = s.job_id and s.state <> 'Done' and q.workspace_id = j.workspace_id
      and q.compute = lower(coalesce(s.spec->>'computeName', 'local')) and q.experiment = coalesce(s.spec->>'experimentName', 'Default')
      and q.submitter = coalesce(j.submitter->>'id', '') and q.priority = s.priority
      and q.nodes = coalesce((s.spec->>'instanceCount')::numeric::int, 1)`,
  `create index steps_queued on steps (queue_id, id) where state = 'Ready'`,
  `drop index steps_ready`,
  `create table quotas (
    scope text not null,
    name text not null,
    quota bigint not null,
    modified_at timestamptz not null default now(),
    primary key (scope, name)
  )`,
  `create index steps_cancelled on steps (id) where state = 'Ready' and cancel_requested_at is not null`,
  `create table compute_nodes (
    compute_id text not null,
    number int not null,
    state text not null,
    step_id bigint,
    run_id text,
    since timestamptz not null default now(),
    primary key (compute_id, number)
  )`,
]
