import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { Batcher } from './batcher.ts'
import type { KeyFields } from './reuse-key.ts'
import type { StepOutputs } from './types.ts'

/** What attempts that are prepared at the same time ask the database, one statement for all of them. */
export interface StepReads {
  readonly outputs: Batcher<OutputsQuery, ReadonlyMap<string, StepOutputs>>
  readonly candidates: Batcher<CandidateQuery, Candidate | undefined>
}

/** Published outputs of the named steps of a job. */
export interface OutputsQuery {
  readonly jobId: number
  readonly names: readonly string[]
}

export interface CandidateQuery {
  /** The step that asks, which is no candidate itself. */
  readonly stepId: number
  readonly name: string
  readonly componentId: string | undefined
  readonly workspaceId: string
  readonly key: string
}

/** An earlier step whose result may be taken over, or that comes nearest. */
export interface Candidate {
  /** Its key is the step's own. */
  readonly same: boolean
  readonly resource_id: string
  readonly key_fields: KeyFields
  readonly outputs: StepOutputs
}

export function stepReads({ db }: Pick<Context, 'db'>): StepReads {
  return {
    outputs: new Batcher((queries) => readOutputs(db.kysely, queries)),
    candidates: new Batcher((queries) => findCandidates(db.kysely, queries)),
  }
}

async function readOutputs(db: Executor, queries: readonly OutputsQuery[]): Promise<ReadonlyMap<string, StepOutputs>[]> {
  const wanted = queries.flatMap(({ jobId, names }, query) => names.map((name) => ({ query, jobId, name })))
  const found = queries.map(() => new Map<string, StepOutputs>())
  if (wanted.length === 0) return found
  const rows = await sql<{ query: number; name: string; outputs: StepOutputs }>`
    select wanted.query, s.name, s.outputs
    from unnest(${wanted.map((entry) => entry.query)}::int[], ${wanted.map((entry) => entry.jobId)}::bigint[],
      ${wanted.map((entry) => entry.name)}::text[]) wanted(query, job_id, name)
    join steps s on s.job_id = wanted.job_id and s.name = wanted.name`.execute(db)
  for (const { query, name, outputs } of rows.rows) found[query]?.set(name, outputs)
  return found
}

/** The newest completed step with the same key, else the one that comes nearest: of the same component, or else of the same name. */
async function findCandidates(db: Executor, queries: readonly CandidateQuery[]): Promise<(Candidate | undefined)[]> {
  const newest = (rank: number, condition: string) => sql`(
    select ${sql.lit(rank)} as rank, s.resource_id, s.key_fields, s.outputs from steps s join jobs j on j.id = s.job_id
    where s.outcome = 'Completed' and s.reuse_key is not null and j.workspace_id = wanted.workspace_id and s.id <> wanted.step_id
      and ${sql.raw(condition)} order by s.id desc limit 1)`
  const rows = await sql<Candidate & { query: number }>`
    select wanted.query::int, found.rank = 0 as same, found.resource_id, found.key_fields, found.outputs
    from unnest(${queries.map((query) => query.stepId)}::bigint[], ${queries.map((query) => query.name)}::text[],
        ${queries.map((query) => query.componentId ?? null)}::text[], ${queries.map((query) => query.workspaceId.toLowerCase())}::text[],
        ${queries.map((query) => query.key)}::text[])
      with ordinality wanted(step_id, name, component_id, workspace_id, key, query)
    cross join lateral (select * from (
      ${newest(0, 's.reuse_key = wanted.key')} union all
      ${newest(1, `s.spec->>'componentId' = wanted.component_id`)} union all
      ${newest(2, 's.name = wanted.name')}) ranked order by rank limit 1) found`.execute(db)
  const found = new Map(rows.rows.map(({ query, ...candidate }) => [query, candidate]))
  return queries.map((_, index) => found.get(index + 1))
}
