import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import { fromRow } from '../../kernel/resources/store.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { mapsResolver, searchPage, type Column, type OrderTerm, type Resolver, type SearchInput } from '../tracking/index.ts'
import { modelType, modelVersionType } from './versions.ts'

const text = (expression: ReturnType<typeof sql>, options: Partial<Column> = {}): Column => ({
  type: 'text',
  sql: expression,
  title: 'attribute',
  ...options,
})
const time = (column: string): Column => ({
  type: 'number',
  sql: sql`(extract(epoch from ${sql.ref(column)}) * 1000)::float8`,
  title: 'attribute',
})
const order = (key: string, descending: boolean): OrderTerm => ({ identifier: { entity: 'attribute', key, at: 0 }, descending })

/** Prompts are models with this tag; asking for others must find models that do not have it. */
const promptTag = 'mlflow.prompt.is_prompt'

function tagColumn(key: string): Column {
  return {
    type: 'text',
    sql: sql`(properties -> 'tags' ->> ${key}::text)`,
    nullable: true,
    title: 'tag',
    missingDiffers: key === promptTag,
  }
}

const modelColumns: Resolver = mapsResolver(
  {
    name: text(sql`name`),
    timestamp: time('modified_at'),
    last_updated_timestamp: time('modified_at'),
    creation_timestamp: time('created_at'),
  },
  { tag: tagColumn },
)

const modelName = sql`(regexp_match(display_id, '/models/([^/]+)/versions/[^/]+$', 'i'))[1]`
const versionNumber: Column = {
  type: 'number',
  sql: sql`(case when name ~ '^[0-9]{1,15}$' then name::float8 end)`,
  title: 'attribute',
}

const versionColumns: Resolver = mapsResolver(
  {
    name: text(modelName),
    version_number: versionNumber,
    version: versionNumber,
    run_id: text(sql`(status ->> 'runId')`, { listed: true }),
    source_path: text(sql`coalesce(status ->> 'source', properties ->> 'modelUri')`),
    last_updated_timestamp: time('modified_at'),
    creation_timestamp: time('created_at'),
  },
  { tag: tagColumn },
)

/** Registered models of a workspace, by name unless ordered. */
export function searchModels(ctx: Context, workspaceId: string, input: SearchInput) {
  return searchPage<StoredResource>(
    {
      ctx,
      from: sql`resources`,
      where: sql<boolean>`type = ${modelType.toLowerCase()} and parent_id = ${workspaceId.toLowerCase()} and coalesce(properties ->> 'isArchived', 'false') <> 'true'`,
      resolve: modelColumns,
      defaultOrder: [order('name', false)],
      tieBreaker: { sql: sql`created_sequence`, descending: true, type: 'number' },
      binding: `registered-models ${workspaceId.toLowerCase()}`,
      read: (row) => fromRow(row as Parameters<typeof fromRow>[0]),
    },
    input,
  )
}

/** Versions of all models of a workspace, last changed first unless ordered. */
export function searchVersions(ctx: Context, workspaceId: string, input: SearchInput) {
  return searchPage<StoredResource>(
    {
      ctx,
      from: sql`resources`,
      where: sql<boolean>`type = ${modelVersionType.toLowerCase()} and starts_with(id, ${`${workspaceId.toLowerCase()}/models/`}) and coalesce(properties ->> 'isArchived', 'false') <> 'true'`,
      resolve: versionColumns,
      defaultOrder: [order('last_updated_timestamp', true), order('name', false), order('version_number', true)],
      tieBreaker: { sql: sql`created_sequence`, descending: true, type: 'number' },
      binding: `model-versions ${workspaceId.toLowerCase()}`,
      read: (row) => fromRow(row as Parameters<typeof fromRow>[0]),
    },
    input,
  )
}
