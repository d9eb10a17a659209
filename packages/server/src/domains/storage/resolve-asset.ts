import { invalid, isWithinScope, nearest, notFound, parseArmId, resourceTypeOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { findResource, type StoredResource } from '../../kernel/resources/index.ts'
import { canonicalAssetId, ownUri, uriMembers, versionByName } from './asset-references.ts'
import { parseDataUri } from './data-uri.ts'
import { isFetchable } from './external-files.ts'

export interface ResolvedAsset {
  /** A URI that `parseDataUri` understands. */
  readonly uri: string
  /** `uri_file`, `uri_folder`, `mltable`, `mlflow_model`, `custom_model`, `triton_model`, when an asset says so. */
  readonly type?: string | undefined
  /** The id of the asset version the reference led to. */
  readonly assetId?: string | undefined
}

/** Resolves URIs of a scheme that belongs to a later domain, such as `runs:`. */
export type UriResolver = (ctx: Context, workspaceId: string, uri: string) => Promise<ResolvedAsset>

const resolvers = new WeakMap<Context, Map<string, UriResolver>>()

/** Registers a scheme, without colon; a later domain calls it when it is constructed. */
export function registerUriResolver(ctx: Context, scheme: string, resolver: UriResolver): void {
  const known = resolvers.get(ctx) ?? new Map<string, UriResolver>()
  known.set(scheme.toLowerCase(), resolver)
  resolvers.set(ctx, known)
}

/** Asset kinds with files, in the order in which a plain `azureml:name:version` is looked up. */
const fileKinds = ['data', 'models', 'codes'] as const

/**
 * What a reference to data, a model or code means in a workspace: an ARM id (with or without `azureml:`), `azureml:name:version`,
 * `azureml:name@latest`, a datastore URI, `azureml://jobs/J/outputs/O/paths/P`, an asset of a registry, or a registered scheme.
 * @throws ResourceNotFound (also for assets of other workspaces) · InvalidUri
 */
export async function resolveAssetUri(
  ctx: Context,
  workspaceId: string,
  reference: string,
  db: Executor = ctx.db.kysely,
): Promise<ResolvedAsset> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(reference)?.[1]?.toLowerCase()
  const resolver = scheme === undefined ? undefined : resolvers.get(ctx)?.get(scheme)
  if (resolver !== undefined) return resolver(ctx, workspaceId, reference)
  const plain = await canonicalAssetId(db, workspaceId, reference)
  if (plain.startsWith('/')) return ofVersion(await versionById(db, workspaceId, plain))
  const found = plain.toLowerCase().startsWith('azureml://')
    ? await ofJobUri(db, workspaceId, plain)
    : await ofName(db, workspaceId, reference)
  if (found !== undefined) return found
  if (!isFetchable(ctx, reference)) await parseDataUri(ctx, workspaceId, reference, db)
  return { uri: reference }
}

/** `azureml:name:version`, `azureml:name@latest`, `azureml:name`. */
async function ofName(db: Executor, workspaceId: string, reference: string): Promise<ResolvedAsset | undefined> {
  const named = /^azureml:([^:@/]+)(?::([^:@/]+)|@([^:@/]+))?$/i.exec(reference)
  return named === null
    ? undefined
    : ofVersion(await namedAsset(db, workspaceId, { name: named[1] ?? '', version: named[2], label: named[3] }))
}

/** An output of a job; `undefined` for datastore URIs. */
async function ofJobUri(db: Executor, workspaceId: string, reference: string): Promise<ResolvedAsset | undefined> {
  const job = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths\/(.*))?$/is.exec(reference)
  return job === null ? undefined : ofJobOutput(db, workspaceId, { job: job[1] ?? '', output: job[2] ?? '', path: job[3] ?? '' })
}

function ofVersion(version: StoredResource): ResolvedAsset {
  const { properties } = version
  const uri = uriMembers.map((member) => properties[member]).find((value) => typeof value === 'string' && value !== '')
  if (typeof uri !== 'string') throw invalid(`'${version.id}' has no files.`, { target: version.id })
  const type = properties['dataType'] ?? properties['modelType']
  return { uri: ownUri(version.id, uri), type: typeof type === 'string' ? type : undefined, assetId: version.id }
}

async function versionById(db: Executor, workspaceId: string, id: string): Promise<StoredResource> {
  const parsed = parseArmId(id)
  const type = parsed === undefined ? undefined : resourceTypeOf(parsed)
  const [, latest] = /^(.*)\/labels\/latest$/i.exec(id) ?? []
  if (latest !== undefined && isUsable(workspaceId, latest)) return versionByName(db, latest, undefined)
  const resource = isUsable(workspaceId, id) ? await findResource(db, id) : undefined
  if (resource !== undefined) return resource
  // Clients write `azureml:name:version` out in full; the answer names what there is all the same.
  const [, kind, name = '', version] = /\/(data|models|codes)\/([^/]+)\/versions\/([^/]+)$/i.exec(id) ?? []
  if (kind !== undefined && isWithinScope(id, workspaceId))
    return namedAsset(db, workspaceId, { name, version, label: undefined }, [kind])
  throw notFound('Asset', id, type?.endsWith('/versions') === true ? undefined : 'An asset id ends in /versions/<version>.')
}

/** Assets of the workspace itself and of registries; what another workspace has does not resolve here. */
function isUsable(workspaceId: string, id: string): boolean {
  return isWithinScope(id, workspaceId) || /\/providers\/microsoft\.machinelearningservices\/registries\//i.test(id)
}

async function namedAsset(
  db: Executor,
  workspaceId: string,
  asset: { name: string; version: string | undefined; label: string | undefined },
  kinds: readonly string[] = fileKinds,
): Promise<StoredResource> {
  if (asset.label !== undefined && asset.label.toLowerCase() !== 'latest')
    throw invalid(`Label '${asset.label}' of '${asset.name}' is not known; use @latest or a version.`, { target: asset.name })
  for (const kind of kinds) {
    const container = `${workspaceId}/${kind}/${asset.name}`
    if ((await findResource(db, container)) !== undefined) return versionByName(db, container, asset.version)
  }
  const names = await db
    .selectFrom('resources')
    .select('name')
    .where('parent_id', '=', workspaceId.toLowerCase())
    .where(
      'type',
      'in',
      kinds.map((kind) => `microsoft.machinelearningservices/workspaces/${kind.toLowerCase()}`),
    )
    .limit(1000)
    .execute()
  const hint = nearest(
    asset.name,
    names.map((row) => row.name),
  )
  throw notFound('Asset', asset.name, hint === undefined ? undefined : `Did you mean '${hint}'?`)
}

async function ofJobOutput(
  db: Executor,
  workspaceId: string,
  wanted: { job: string; output: string; path: string },
): Promise<ResolvedAsset> {
  const job = await findResource(db, `${workspaceId}/jobs/${wanted.job}`)
  if (job === undefined) throw notFound('Job', wanted.job)
  const declared = { ...asRecord(job.properties['outputs']), ...asRecord(job.status['outputs']) }[wanted.output]
  const { uri, jobOutputType } = asRecord(declared)
  const base =
    typeof uri === 'string' && uri !== ''
      ? uri.replace(/\/+$/, '')
      : `azureml://datastores/workspaceblobstore/paths/azureml/${wanted.job}/${wanted.output}`
  return {
    uri: wanted.path === '' ? base : `${base}/${wanted.path}`,
    type: typeof jobOutputType === 'string' && wanted.path === '' ? jobOutputType : undefined,
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
