import { nameOf, type Lineage } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { StoredResource } from '../../kernel/resources/index.ts'
import { inputsOf, type ModelOrigin } from './origin.ts'
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
  addMaking({ self, origin, ...(await makersOf(ctx, origin)), node, edge })
  if (origin.sourceVersionId !== undefined) edge(node(origin.sourceVersionId, 'model'), self, 'copied')
  const related = await usersOf(ctx, version.id)
  for (const { id, type } of related) {
    const kind = type.endsWith('/models/versions') ? 'model' : 'deployment'
    edge(self, node(id, kind), kind === 'model' ? 'copied' : 'deployed')
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] }
}

interface Making extends Makers {
  readonly self: string
  readonly origin: ModelOrigin
  /** Both add to the graph once. */
  readonly node: (id: string, kind: string, name?: string) => string
  readonly edge: (from: string, to: string, relation: string) => void
}

/** What made the version: its job or run, the pipeline around that, and what went into them. */
function addMaking({ self, origin, job, pipeline, node, edge }: Making): void {
  const data = ({ name, uri }: { name: string; uri: string }): string =>
    node(uri, 'data', uri.startsWith('/') ? nameOfAsset(uri) : name)
  const made = makerOf(origin, job, node)
  if (made !== undefined) edge(made, self, 'produced')
  const maker = made ?? self
  for (const input of origin.inputs) edge(data(input), maker, 'input')
  if (pipeline !== undefined) {
    const run = node(pipeline.id, 'pipeline', titleOf(pipeline))
    edge(run, maker, 'step')
    for (const input of inputsOf(pipeline)) edge(data(input), run, 'input')
  }
  if (origin.environmentId !== undefined) edge(node(origin.environmentId, 'environment'), maker, 'environment')
  if (origin.codeId !== undefined) edge(node(origin.codeId, 'code'), maker, 'code')
}

function makerOf(origin: ModelOrigin, job: StoredResource | undefined, node: Making['node']): string | undefined {
  if (origin.jobId !== undefined) return node(origin.jobId, 'job', titleOf(job))
  return origin.runId === undefined ? undefined : node(`runs:/${origin.runId}`, 'run', origin.runId)
}

interface Makers {
  readonly job?: StoredResource | undefined
  readonly pipeline?: StoredResource | undefined
}

/** The job that made a version, and the pipeline of which it was a step: its inputs are where the data came in. Either may be gone. */
async function makersOf(ctx: Context, { jobId }: ModelOrigin): Promise<Makers> {
  const job = jobId === undefined ? undefined : await ctx.resources.find(jobId)
  const parent = job?.properties['parentJobName']
  if (job === undefined || typeof parent !== 'string' || parent === '') return { job }
  return { job, pipeline: await ctx.resources.find(job.id.slice(0, -nameOf(job.id).length) + parent) }
}

function titleOf(job: StoredResource | undefined): string | undefined {
  const name = job?.properties['displayName']
  return typeof name === 'string' && name !== '' ? name : undefined
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
