import { AppError, invalid, nameOf } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import { findResource, type StoredResource, type WriteResult } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { importVersion } from '../models/index.ts'
import { createSharePlace, digestOfTree, filesOfUri, placeFiles, resolveAssetUri, type TreeFile } from '../storage/index.ts'
import { kindOf, requireReadableAsset, requireWritable, versionTypeOf } from './assets.ts'
import { registryComponentSpec } from './import-component.ts'

interface ImportRequest {
  readonly registryId: string
  readonly sourceAssetId: string
  readonly name: string
  readonly version: string
  readonly requestId: string
}

/**
 * Shares a version with a registry.
 * @throws ResourceNotFound no such source or registry, or the actor may not read it · ResourceAlreadyExists · GateRequired
 */
export async function importAsset(ctx: Context, actor: Actor, request: ImportRequest): Promise<WriteResult> {
  const source = await requireReadableAsset(ctx, { actor, requestId: request.requestId }, request.sourceAssetId)
  const kind = kindOf(source)
  const id = `${request.registryId}/${kind}/${request.name}/versions/${request.version}`
  await requireWritable(ctx, { actor, requestId: request.requestId }, id)
  const { registryId, requestId } = request
  if (kind === 'models')
    return importVersion(ctx, actor, {
      registryId,
      source,
      destinationName: request.name,
      destinationVersion: request.version,
      requestId,
    })
  if ((await findResource(ctx.db.kysely, id)) !== undefined) throw alreadyThere(request)
  const copy = await prepareCopy(ctx, actor, { source, id, requestId })
  return ctx.db.transaction((tx) => copy(tx))
}

function alreadyThere({ registryId, name, version }: ImportRequest): AppError {
  return new AppError(
    'ResourceAlreadyExists',
    `Registry '${nameOf(registryId)}' has version ${version} of '${name}' already; choose another version.`,
    { target: 'properties.destinationVersion' },
  )
}

interface CopyRequest {
  readonly source: StoredResource
  /** ARM id of the version that is made. */
  readonly id: string
  readonly requestId: string
}

/** Reads what is to be copied; the function it gives writes all of it in one transaction. */
async function prepareCopy(ctx: Context, actor: Actor, request: CopyRequest): Promise<(tx: Tx) => Promise<WriteResult>> {
  const { source, id, requestId } = request
  const kind = kindOf(source)
  const registryId = id.split('/').slice(0, -4).join('/')
  const origin = { ...(source.properties['properties'] as JsonObject | undefined), sourceAssetId: source.id }
  const put = (tx: Tx, properties: JsonObject): Promise<WriteResult> =>
    ctx.resources.putIn(tx, actor, {
      id,
      type: versionTypeOf(registryId, kind),
      body: { properties: { ...source.properties, ...properties, properties: origin } },
      requestId,
    })
  if (kind === 'components') {
    const { spec, dependencies } = await registryComponentSpec(
      ctx,
      { actor, requestId },
      {
        source,
        registryId,
        copy: (wanted) => prepareCopy(ctx, actor, { ...wanted, requestId }),
      },
    )
    return async (tx) => {
      for (const write of dependencies) await write(tx)
      return put(tx, { componentSpec: spec })
    }
  }
  const place = await filesOf(ctx, source)
  return async (tx) => {
    if (place === undefined) return put(tx, {})
    const folder = `${await createSharePlace(tx, ctx, registryId)}/${id.split('/').at(-3)}`
    await placeFiles(tx, ctx, { workspaceId: registryId, uri: folder, files: place.files })
    const written = await put(tx, place.propertiesAt(folder))
    await ctx.resources.updateStatus(tx, id, { digest: place.digest, sizeBytes: place.sizeBytes })
    return written
  }
}

interface Place {
  readonly files: readonly TreeFile[]
  readonly digest: string
  readonly sizeBytes: number
  /** Members of the copy that say where its files are, below a folder of the registry. */
  readonly propertiesAt: (folder: string) => JsonObject
}

/** The files of data, code and of an environment's build context; `undefined` when there are none to take along. */
async function filesOf(ctx: Context, source: StoredResource): Promise<Place | undefined> {
  const kind = kindOf(source)
  const ownerId = source.id.split('/').slice(0, -4).join('/')
  const build = source.properties['build'] as JsonObject | null | undefined
  const uri = kind === 'environments' ? build?.['contextUri'] : source.properties[kind === 'data' ? 'dataUri' : 'codeUri']
  if (typeof uri !== 'string' || uri === '') {
    if (kind === 'environments') return undefined
    throw invalid(`'${source.id}' has no files to share.`, { target: 'properties.sourceAssetId' })
  }
  const resolved = kind === 'environments' ? uri : (await resolveAssetUri(ctx, ownerId, source.id)).uri
  const tree = await filesOfUri(ctx, { workspaceId: ownerId, uri: resolved })
  return {
    files: tree.files,
    digest: digestOfTree(tree.files),
    sizeBytes: tree.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    propertiesAt: (folder) => {
      const place = tree.kind === 'file' ? `${folder}/${tree.files[0]?.path ?? ''}` : folder
      if (kind === 'environments') return { build: { ...build, contextUri: place } }
      return { [kind === 'data' ? 'dataUri' : 'codeUri']: place }
    },
  }
}
