import { nameOf, type Lineage } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { ModelOrigin } from './origin.ts'
import { modelNameOf } from './versions.ts'

type Node = Lineage['nodes'][number]

/** The graph around a model version: what it was made from, copies of it, and where it is deployed. */
export async function modelLineage(ctx: Context, versionId: string): Promise<Lineage> {
  const version = await ctx.resources.require(versionId)
  const nodes = new Map<string, Node>()
  const edges = new Map<string, Lineage['edges'][number]>()
  const node = (id: string, kind: string, name = nameOfAsset(id)): string => {
    if (!nodes.has(id.toLowerCase())) nodes.set(id.toLowerCase(), { id, kind, name })
    return id
  }
  const edge = (from: string, to: string, relation: string): void =>
    void edges.set(`${from}\n${to}\n${relation}`.toLowerCase(), { from, to, relation })
  const self = node(version.id, 'model')
  const origin = (version.status['lineage'] ?? { inputs: [] }) as ModelOrigin
  const maker =
    origin.jobId !== undefined
      ? node(origin.jobId, 'job')
      : origin.runId === undefined
        ? undefined
        : node(`runs:/${origin.runId}`, 'run', origin.runId)
  if (maker !== undefined) edge(maker, self, 'produced')
  for (const input of origin.inputs) edge(node(input.uri, 'data', input.name), maker ?? self, 'input')
  if (origin.environmentId !== undefined) edge(node(origin.environmentId, 'environment'), maker ?? self, 'environment')
  if (origin.codeId !== undefined) edge(node(origin.codeId, 'code'), maker ?? self, 'code')
  if (origin.sourceVersionId !== undefined) edge(node(origin.sourceVersionId, 'model'), self, 'copied')
  const related = await usersOf(ctx, version.id)
  for (const { id, type } of related) {
    const kind = type.endsWith('/models/versions') ? 'model' : 'deployment'
    edge(self, node(id, kind), kind === 'model' ? 'copied' : 'deployed')
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] }
}

/** `flights:3` for a version, else the last name of the id. */
function nameOfAsset(id: string): string {
  const [, name, version] = /\/([^/]+)\/versions\/([^/]+)$/i.exec(id) ?? []
  return name === undefined ? nameOf(id) : `${name}:${version}`
}

/** Deployments that name the version (by ARM id, or by `azureml:name:version` in the same workspace), and copies of it. */
async function usersOf(ctx: Context, versionId: string): Promise<{ id: string; type: string }[]> {
  const lower = versionId.toLowerCase()
  const workspace = lower.split('/').slice(0, -4).join('/')
  const short = [`azureml:${modelNameOf(versionId)}:${nameOf(versionId)}`, `${modelNameOf(versionId)}:${nameOf(versionId)}`].map(
    (text) => text.toLowerCase(),
  )
  const found = await sql<{ id: string; type: string }>`
    select display_id as id, type from resources where
      (type like 'microsoft.machinelearningservices/workspaces/%endpoints/deployments'
        and (lower(coalesce(properties -> 'model' ->> 'assetId', properties ->> 'model')) in (${lower}, ${`azureml:${lower}`})
          or (starts_with(id, ${`${workspace}/`}) and lower(coalesce(properties -> 'model' ->> 'assetId', properties ->> 'model')) = any(${short}::text[]))))
      or (type like 'microsoft.machinelearningservices/%/models/versions' and lower(status -> 'lineage' ->> 'sourceVersionId') = ${lower})
    order by created_sequence limit 500`.execute(ctx.db.kysely)
  return found.rows
}
