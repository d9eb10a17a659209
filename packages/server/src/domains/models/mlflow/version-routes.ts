import { modelOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Route } from '../../../kernel/http/index.ts'
import type { StoredResource } from '../../../kernel/resources/index.ts'
import { mlflowFileRoutes, mlflowRoutes, nextPage, searchInput, sendArtifact, type MlflowRequest } from '../../tracking/index.ts'
import { createNextVersion, modelNotFound } from '../create-version.ts'
import { changeProperties, requireVersion, transitionStage, withTag } from '../registry.ts'
import { searchVersions } from '../search.ts'
import { modelNameOf, modelVersionType, stageOf, versionId } from '../versions.ts'
import { aliasesOfModels } from './model-routes.ts'
import { aliasesFor, presentVersion, versionMount } from './present.ts'

interface VersionKey {
  readonly name: string
  readonly version: string
}

function keyOf(call: MlflowRequest): VersionKey {
  const raw = call.arguments.raw('version')
  // Some clients send the number as a number.
  return {
    name: call.arguments.requiredText('name'),
    version: typeof raw === 'number' ? String(raw) : call.arguments.requiredText('version'),
  }
}

/** Versions of registered models. */
export function versionRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  const bindFile = mlflowFileRoutes(ctx)
  const find = (call: MlflowRequest) => requireVersion(ctx.db.kysely, call.request.scope, keyOf(call).name, keyOf(call).version)
  const present = async (call: MlflowRequest, version: StoredResource) => ({
    model_version: (await presentAll(ctx, call, [version]))[0],
  })
  const change = async (call: MlflowRequest, edit: Parameters<typeof changeProperties>[2]['edit']) => {
    const { name, version } = keyOf(call)
    await find(call)
    return changeProperties(
      ctx,
      call.request.actor,
      { id: versionId(call.request.scope, name, version), requestId: call.request.id, edit },
      () => modelNotFound(name),
    )
  }
  return [
    bind(operations.createModelVersion, async (call) => present(call, await create(ctx, call))),
    bind(operations.getModelVersion, async (call) => present(call, await find(call))),
    bind(operations.updateModelVersion, async (call) =>
      present(call, await change(call, () => ({ description: call.arguments.text('description') ?? '' }))),
    ),
    bind(operations.deleteModelVersion, async (call) => {
      const version = await find(call)
      await ctx.resources.delete(call.request.actor, version.id, { type: modelVersionType, requestId: call.request.id })
    }),
    bind(operations.searchModelVersions, async (call) => {
      const maxResults = call.arguments.count('max_results', { standard: 10_000, maximum: 200_000 })
      const found = await searchVersions(ctx, call.request.scope, { ...searchInput(call.arguments), maxResults })
      return { model_versions: await presentAll(ctx, call, found.rows), ...nextPage(found.nextPageToken) }
    }),
    bind(operations.transitionStage, async (call) => {
      const stage = call.arguments.requiredText('stage')
      const before = stageOf(await find(call))
      if (before.toLowerCase() === stage.toLowerCase()) return present(call, await find(call))
      const archiveExisting = call.arguments.boolean('archive_existing_versions')
      return present(
        call,
        await transitionStage(ctx, call.request.actor, {
          workspaceId: call.request.scope,
          ...keyOf(call),
          stage,
          archiveExisting,
          requestId: call.request.id,
        }),
      )
    }),
    bind(operations.setModelVersionTag, async (call) => {
      const [key, value] = [call.arguments.requiredText('key'), call.arguments.text('value') ?? '']
      await change(call, (properties) => withTag(properties, key, value))
    }),
    bind(
      operations.deleteModelVersionTag,
      async (call) =>
        void (await change(call, (properties) => withTag(properties, call.arguments.requiredText('key'), undefined))),
    ),
    bind(operations.downloadUri, async (call) => {
      const version = await find(call)
      const pinned = typeof version.status['digest'] === 'string'
      return {
        artifact_uri: pinned ? `mlflow-artifacts:/${versionMount}/${mountedPath(version)}` : presentVersion(version, []).source,
      }
    }),
    bindFile(operations.downloadVersionFile, async (call) =>
      sendArtifact(
        call.scope,
        `${versionMount}/${mountedPath(await find(call))}/${call.arguments.requiredText('path')}`,
        call.request.headers.range,
      ),
    ),
  ]
}

function mountedPath(version: StoredResource): string {
  return `${modelNameOf(version.id)}/${version.name}`
}

async function create(ctx: Context, call: MlflowRequest): Promise<StoredResource> {
  const { arguments: input, request } = call
  const [runId, description] = [input.text('run_id'), input.text('description')]
  const modelId = input.text('model_id')
  const source = input.requiredText('source')
  return createNextVersion(ctx, request.actor, {
    workspaceId: request.scope,
    name: input.requiredText('name'),
    source,
    tags: input.map('tags'),
    requestId: request.id,
    ...(runId === undefined || runId === '' ? {} : { runId }),
    ...(modelId === undefined || modelId === '' ? {} : { loggedModelId: modelId }),
    ...(description === undefined ? {} : { description }),
  })
}

async function presentAll(ctx: Context, call: MlflowRequest, versions: readonly StoredResource[]) {
  const aliases = await aliasesOfModels(
    ctx,
    call.request.scope,
    versions.map((version) => modelNameOf(version.id)),
  )
  return versions.map((version) => presentVersion(version, aliasesFor(aliases.get(modelNameOf(version.id)) ?? {}, version)))
}
