import { sql } from 'kysely'
import type { Identifier } from './parse.ts'
import { unknownAttribute, unknownEntity, type Column, type Resolver } from './to-sql.ts'

/** Attributes of an entity: name → column. Several names may share one. */
export type Attributes = Readonly<Record<string, Column>>

export const text = (name: string, options: Partial<Column> = {}): Column => ({
  type: 'text',
  sql: sql.ref(name),
  title: 'attribute',
  ...options,
})
export const number = (name: string): Column => ({ type: 'number', sql: sql`${sql.ref(name)}::float8`, title: 'attribute' })

/** The value of a key in a jsonb map of texts. */
export function mapColumn(column: string, key: string, title: string): Column {
  return { type: 'text', sql: sql`(${sql.ref(column)} ->> ${key}::text)`, nullable: true, title }
}

const entityNames: Readonly<Record<string, string>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'parameter',
  params: 'parameter',
  parameter: 'parameter',
  parameters: 'parameter',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
}

/** Makes a resolver from attributes and the maps an entity has. */
export function resolver(
  attributes: Attributes,
  maps: Readonly<Partial<Record<'metric' | 'parameter' | 'tag' | 'dataset', (key: string) => Column>>>,
): Resolver {
  return ({ entity, key }: Identifier): Column => {
    const kind = entityNames[entity]
    if (kind === 'attribute') {
      const column = Object.hasOwn(attributes, key) ? attributes[key] : undefined
      if (column === undefined) throw unknownAttribute(key, Object.keys(attributes))
      return column
    }
    const found = kind === undefined ? undefined : maps[kind as keyof typeof maps]?.(key)
    if (found === undefined) throw unknownEntity(entity, ['attribute', ...Object.keys(maps)])
    return found
  }
}

const startTime = number('start_time_ms')

/** Names in searches over runs. */
export const runColumns: Resolver = resolver(
  {
    run_id: text('run_id', { listed: true }),
    run_name: text('run_name'),
    'run name': text('run_name'),
    'Run name': text('run_name'),
    'Run Name': text('run_name'),
    experiment_id: text('experiment_id'),
    status: text('status'),
    artifact_uri: text('artifact_uri'),
    user_id: text('user_id'),
    lifecycle_stage: text('lifecycle_stage'),
    start_time: startTime,
    created: startTime,
    Created: startTime,
    end_time: number('end_time_ms'),
  },
  {
    metric: (key) => ({ type: 'number', sql: sql`(metrics -> ${key}::text ->> 0)::float8`, title: 'metric' }),
    parameter: (key) => mapColumn('params', key, 'parameter'),
    tag: (key) => mapColumn('tags', key, 'tag'),
    dataset: datasetColumn,
  },
)

function datasetColumn(key: string): Column {
  const members: Readonly<Record<string, ReturnType<typeof sql>>> = {
    name: sql`(d -> 'dataset' ->> 'name')`,
    digest: sql`(d -> 'dataset' ->> 'digest')`,
    context: sql`(select t ->> 'value' from jsonb_array_elements(d -> 'tags') t where t ->> 'key' = 'mlflow.data.context' limit 1)`,
  }
  const member = members[key]
  if (member === undefined) throw unknownAttribute(key, Object.keys(members))
  return {
    type: 'text',
    sql: member,
    listed: true,
    title: 'dataset',
    wrap: (condition) => sql<boolean>`exists (select 1 from jsonb_array_elements(datasets) d where ${condition})`,
  }
}

/** Names in searches over experiments. */
export const experimentColumns: Resolver = resolver(
  {
    name: text('name'),
    experiment_id: text('experiment_id'),
    creation_time: number('creation_time_ms'),
    last_update_time: number('last_update_time_ms'),
  },
  { tag: (key) => mapColumn('tags', key, 'tag') },
)

const created = number('creation_time_ms')

/** Names in searches over logged models. */
export const loggedModelColumns: Resolver = resolver(
  {
    model_id: text('model_id', { listed: true }),
    name: text('name', { listed: true }),
    model_name: text('name'),
    model_type: text('model_type'),
    status: text('status'),
    source_run_id: text('source_run_id', { listed: true }),
    experiment_id: text('experiment_id'),
    creation_timestamp: created,
    creation_time: created,
    last_updated_timestamp: number('last_update_time_ms'),
    artifact_uri: text('artifact_uri'),
  },
  {
    metric: (key) => ({
      type: 'number',
      sql: sql`(select (m ->> 'value')::float8 from jsonb_array_elements(metrics) m where m ->> 'key' = ${key} order by (m ->> 'timestamp')::float8 desc limit 1)`,
      title: 'metric',
    }),
    parameter: (key) => mapColumn('params', key, 'parameter'),
    tag: (key) => mapColumn('tags', key, 'tag'),
  },
)
