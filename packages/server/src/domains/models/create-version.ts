import { AppError } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import type { Actor } from '../../kernel/auth/index.ts'
import type { Tx } from '../../kernel/db/database.ts'
import { findResource, mergeStatus, type StoredResource } from '../../kernel/resources/index.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import { withSource } from './behaviours.ts'
import { readSource } from './source.ts'
import { modelId, modelType, modelVersionType, versionId } from './versions.ts'

export interface VersionDraft {
  readonly workspaceId: string
  readonly name: string
  /** What the files are named by; any form {@link readSource} reads. */
  readonly source: string
  readonly runId?: string
  /** The logged model the client registers. */
  readonly loggedModelId?: string
  readonly description?: string
  readonly tags: Readonly<Record<string, string>>
  readonly requestId?: string
}

/**
 * Registers the next version of a model, numbered under a lock so that concurrent calls never collide.
 * @throws ResourceNotFound the model does not exist
 */
export async function createNextVersion(ctx: Context, actor: Actor, draft: VersionDraft): Promise<StoredResource> {
  const source = await readSource(ctx, ctx.db.kysely, draft.workspaceId, draft.source)
  return ctx.db.transaction(async (tx) => {
    const model = await findResource(tx, modelId(draft.workspaceId, draft.name), { forUpdate: true })
    if (model === undefined) throw modelNotFound(draft.name)
    const version = String(numberOf(model.status['highestVersion']) + 1)
    const isMlflow = source?.files.some(({ path }) => path === 'MLmodel') ?? false
    const properties: JsonObject = {
      modelType: isMlflow ? 'mlflow_model' : 'custom_model',
      modelUri: source?.modelUri ?? draft.source,
      tags: draft.tags,
      properties: {},
      ...(draft.description === undefined ? {} : { description: draft.description }),
      ...(await jobMember(tx, draft.workspaceId, draft.runId ?? source?.runId)),
    }
    const change = {
      id: versionId(draft.workspaceId, draft.name, version),
      type: modelVersionType,
      body: { properties },
      requestId: draft.requestId,
    }
    const put = (): Promise<{ resource: StoredResource }> => ctx.resources.putIn(tx, actor, change)
    const { resource } = await (source === undefined
      ? put()
      : withSource({ ...source, ...(draft.runId === undefined ? {} : { runId: draft.runId }) }, put))
    return (
      (await mergeStatus(tx, resource.id, {
        source: draft.source,
        ...(draft.runId === undefined ? {} : { runId: draft.runId }),
        ...(draft.loggedModelId === undefined ? {} : { loggedModelId: draft.loggedModelId }),
      })) ?? resource
    )
  })
}

/** A run that is a job is named as Azure does. */
async function jobMember(tx: Tx, workspaceId: string, runId: string | undefined): Promise<JsonObject> {
  if (runId === undefined || runId === '') return {}
  return (await findResource(tx, `${workspaceId}/jobs/${runId}`)) === undefined ? {} : { jobName: runId }
}

export async function createModel(
  ctx: Context,
  actor: Actor,
  draft: { workspaceId: string; name: string; description?: string; tags: Readonly<Record<string, string>>; requestId?: string },
): Promise<StoredResource> {
  const properties = {
    tags: draft.tags,
    properties: {},
    ...(draft.description === undefined ? {} : { description: draft.description }),
  }
  return ctx.db.transaction(async (tx) => {
    const id = modelId(draft.workspaceId, draft.name)
    if ((await findResource(tx, id)) !== undefined) {
      throw new AppError('ResourceAlreadyExists', `Registered Model (name=${draft.name}) already exists.`, { target: 'name' })
    }
    return (await ctx.resources.putIn(tx, actor, { id, type: modelType, body: { properties }, requestId: draft.requestId }))
      .resource
  })
}

export function modelNotFound(name: string): AppError {
  return new AppError('ResourceNotFound', `Registered Model with name=${name} not found`, { target: 'name' })
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
