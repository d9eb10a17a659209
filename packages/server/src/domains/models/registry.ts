import { AppError, invalid, nameOf } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import type { Executor } from '../../kernel/db/schema.ts'
import { appendEvent } from '../../kernel/events/index.ts'
import { findResource, mergeStatus, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { modelNotFound } from './create-version.ts'
import { aliasesOf, listVersions, modelId, stageOf, versionId } from './versions.ts'

/** Changes of registered models and versions as MLflow's registry has them. */

/** @throws ResourceNotFound */
export async function requireModel(db: Executor, workspaceId: string, name: string, forUpdate = false): Promise<StoredResource> {
  const model = await findResource(db, modelId(workspaceId, name), { forUpdate })
  if (model === undefined) throw modelNotFound(name)
  return model
}

/** @throws ResourceNotFound naming the latest version */
export async function requireVersion(db: Executor, workspaceId: string, name: string, version: string): Promise<StoredResource> {
  const found = await findResource(db, versionId(workspaceId, name, version))
  if (found !== undefined) return found
  const model = await findResource(db, modelId(workspaceId, name))
  const latest = model?.status['latestVersion']
  const hint =
    model === undefined
      ? 'There is no such model.'
      : typeof latest === 'string'
        ? `The latest version is ${latest}.`
        : 'It has no versions.'
  throw new AppError('ResourceNotFound', `Model Version (name=${name}, version=${version}) not found. ${hint}`, {
    target: 'version',
  })
}

/** Changes properties of a model or version through the one write path. */
export async function changeProperties(
  ctx: Context,
  actor: Actor,
  change: { id: string; requestId: string; edit: (properties: JsonObject) => JsonObject },
  missing: () => AppError,
): Promise<StoredResource> {
  return ctx.db.transaction((tx) => changeIn(tx, ctx, actor, { ...change, missing }))
}

async function changeIn(
  tx: Tx,
  ctx: Context,
  actor: Actor,
  change: { id: string; requestId: string; edit: (properties: JsonObject) => JsonObject; missing: () => AppError },
): Promise<StoredResource> {
  const found = await findResource(tx, change.id, { forUpdate: true })
  if (found === undefined) throw change.missing()
  const body = {
    location: found.location,
    tags: found.tags,
    properties: { ...found.properties, ...change.edit(found.properties) },
  }
  return (await ctx.resources.putIn(tx, actor, { id: found.id, type: found.type, body, requestId: change.requestId })).resource
}

export function withTag(properties: JsonObject, key: string, value: string | undefined): JsonObject {
  const { [key]: _old, ...others } = (properties['tags'] ?? {}) as Record<string, string>
  return { tags: value === undefined ? others : { ...others, [key]: value } }
}

const aliasPattern = /^[\w-]{1,255}$/

/** Points an alias to a version, or removes it. @throws InvalidRequestContent a reserved or malformed alias */
export async function setAlias(
  ctx: Context,
  actor: Actor,
  change: { workspaceId: string; name: string; alias: string; version: string | undefined; requestId: string },
): Promise<void> {
  const { alias, version, workspaceId, name } = change
  if (!aliasPattern.test(alias) || alias.toLowerCase() === 'latest' || /^v\d+$/i.test(alias)) {
    throw invalid(`Invalid alias '${alias}': letters, digits, '_' and '-'; neither 'latest' nor 'v' with a number.`, {
      target: 'alias',
    })
  }
  await ctx.db.transaction(async (tx) => {
    const model = await requireModel(tx, workspaceId, name, true)
    if (version !== undefined) await requireVersion(tx, workspaceId, name, version)
    const { [alias]: old, ...others } = aliasesOf(model)
    if (version === undefined && old === undefined) return
    await mergeStatus(tx, model.id, { aliases: version === undefined ? others : { ...others, [alias]: version } })
    await appendEvent(
      tx,
      ctx,
      actor,
      {
        type: version === undefined ? 'models.aliasDeleted' : 'models.aliasSet',
        subject: model.id,
        action: `${model.type}/write`,
        data: { alias, version: version ?? null, before: old ?? null },
      },
      change.requestId,
    )
  })
}

const stages = ['None', 'Staging', 'Production', 'Archived'] as const

/** Moves a version to a stage; `archiveExisting` moves others of that stage to Archived. */
export async function transitionStage(
  ctx: Context,
  actor: Actor,
  change: { workspaceId: string; name: string; version: string; stage: string; archiveExisting: boolean; requestId: string },
): Promise<StoredResource> {
  const stage = stages.find((known) => known.toLowerCase() === change.stage.toLowerCase())
  if (stage === undefined)
    throw invalid(`Invalid Model Version stage: ${change.stage}. Value must be one of ${stages.join(', ')}.`, { target: 'stage' })
  if (change.archiveExisting && stage !== 'Staging' && stage !== 'Production') {
    throw invalid(
      `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are Staging and Production.`,
      { target: 'archive_existing_versions' },
    )
  }
  return ctx.db.transaction(async (tx) => {
    await requireModel(tx, change.workspaceId, change.name, true)
    const version = await requireVersion(tx, change.workspaceId, change.name, change.version)
    const move = (target: StoredResource, to: string): Promise<StoredResource> =>
      changeIn(tx, ctx, actor, {
        id: target.id,
        requestId: change.requestId,
        edit: () => ({ stage: to }),
        missing: () => modelNotFound(change.name),
      })
    if (change.archiveExisting) {
      const others = await listVersions(tx, change.workspaceId, change.name)
      for (const other of others.filter((candidate) => candidate.id !== version.id && stageOf(candidate) === stage))
        await move(other, 'Archived')
    }
    return move(version, stage)
  })
}

/** The newest version of each stage asked for; of every stage that has one when none is asked for. */
export function latestOfStages(versions: readonly StoredResource[], wanted: readonly string[]): StoredResource[] {
  const newest = new Map<string, StoredResource>()
  for (const version of versions.toSorted((left, right) => versionNumber(right) - versionNumber(left))) {
    const stage = stageOf(version).toLowerCase()
    if (!newest.has(stage)) newest.set(stage, version)
  }
  const asked = wanted.map((stage) => stage.toLowerCase())
  return [...newest].filter(([stage]) => asked.length === 0 || asked.includes(stage)).map(([, version]) => version)
}

export function versionNumber(version: StoredResource): number {
  const name = nameOf(version.id)
  return /^\d+$/.test(name) ? Number(name) : 0
}

/** Gives a model another name; its versions, aliases and files move with it in one statement. */
export async function renameModel(
  ctx: Context,
  actor: Actor,
  change: { workspaceId: string; name: string; newName: string; requestId: string },
): Promise<StoredResource> {
  const { workspaceId, name, newName } = change
  return ctx.db.transaction(async (tx) => {
    const model = await requireModel(tx, workspaceId, name, true)
    if (model.name === newName) return model
    const toId = modelId(workspaceId, newName)
    if (toId.toLowerCase() !== model.id.toLowerCase() && (await findResource(tx, toId)) !== undefined) {
      throw new AppError('ResourceAlreadyExists', `Registered Model (name=${newName}) already exists.`, { target: 'new_name' })
    }
    const target = await ctx.resources.putIn(tx, actor, {
      id: `${toId}`,
      type: model.type,
      body: { properties: model.properties },
      requestId: change.requestId,
    })
    if (toId.toLowerCase() !== model.id.toLowerCase()) await moveBelow(tx, model, toId)
    await appendEvent(
      tx,
      ctx,
      actor,
      { type: 'models.renamed', subject: target.resource.id, action: `${model.type}/write`, data: { from: name, to: newName } },
      change.requestId,
    )
    return target.resource
  })
}

async function moveBelow(tx: Executor, model: StoredResource, toId: string): Promise<void> {
  const [from, to] = [model.id.toLowerCase(), toId.toLowerCase()]
  const cut = from.length + 1
  await sql`update resources set status = (select status from resources where id = ${from}), created_at = ${model.createdAt}, created_by = ${model.createdBy} where id = ${to}`.execute(
    tx,
  )
  await sql`update resources set id = ${to} || substr(id, ${cut}::int), display_id = ${toId} || substr(display_id, ${cut}::int), parent_id = ${to} || substr(parent_id, ${cut}::int)
    where starts_with(id, ${`${from}/`})`.execute(tx)
  await sql`update model_version_files set version_id = ${to} || substr(version_id, ${cut}::int) where starts_with(version_id, ${`${from}/`})`.execute(
    tx,
  )
  await tx.deleteFrom('resources').where('id', '=', from).execute()
}
