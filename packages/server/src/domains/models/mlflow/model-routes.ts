import { invalid, modelOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import type { Route } from '../../../kernel/http/index.ts'
import { findResources, type StoredResource } from '../../../kernel/resources/index.ts'
import { mlflowRoutes, nextPage, searchInput, type MlflowRequest } from '../../tracking/index.ts'
import { createModel, modelNotFound } from '../create-version.ts'
import { changeProperties, latestOfStages, renameModel, requireModel, requireVersion, setAlias, withTag } from '../registry.ts'
import { searchModels } from '../search.ts'
import { aliasesOf, listVersions, modelId, modelType } from '../versions.ts'
import { aliasesFor, presentModel, presentVersion } from './present.ts'

/** Registered models. */
export function modelRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  const name = (call: MlflowRequest): string => call.arguments.requiredText('name')
  const change = (call: MlflowRequest, edit: Parameters<typeof changeProperties>[2]['edit']) =>
    changeProperties(
      ctx,
      call.request.actor,
      { id: modelId(call.request.scope, name(call)), requestId: call.request.id, edit },
      () => modelNotFound(name(call)),
    )
  const present = async (call: MlflowRequest, model: StoredResource) => ({
    registered_model: presentModel(model, await listVersions(ctx.db.kysely, call.request.scope, model.name)),
  })
  return [
    bind(operations.createRegisteredModel, async (call) => {
      const modelName = name(call)
      if (/[/:]/.test(modelName))
        throw invalid(`Invalid name: '${modelName}'. Registered model name cannot be empty, or contain '/' or ':'.`, {
          target: 'name',
        })
      const description = call.arguments.text('description')
      const model = await createModel(ctx, call.request.actor, {
        workspaceId: call.request.scope,
        name: modelName,
        tags: call.arguments.map('tags'),
        requestId: call.request.id,
        ...(description === undefined ? {} : { description }),
      })
      return present(call, model)
    }),
    bind(operations.renameRegisteredModel, async (call) => {
      const newName = call.arguments.requiredText('new_name')
      return present(
        call,
        await renameModel(ctx, call.request.actor, {
          workspaceId: call.request.scope,
          name: name(call),
          newName,
          requestId: call.request.id,
        }),
      )
    }),
    bind(operations.updateRegisteredModel, async (call) =>
      present(call, await change(call, () => ({ description: call.arguments.text('description') ?? '' }))),
    ),
    bind(operations.deleteRegisteredModel, async (call) => {
      const model = await requireModel(ctx.db.kysely, call.request.scope, name(call))
      await ctx.resources.delete(call.request.actor, model.id, { type: modelType, requestId: call.request.id })
    }),
    bind(operations.getRegisteredModel, async (call) =>
      present(call, await requireModel(ctx.db.kysely, call.request.scope, name(call))),
    ),
    bind(operations.searchRegisteredModels, (call) => search(ctx, call)),
    bind(operations.latestVersions, (call) => latest(ctx, call)),
    bind(operations.latestVersionsByQuery, (call) => latest(ctx, call)),
    bind(operations.setRegisteredModelTag, async (call) => {
      const [key, value] = [call.arguments.requiredText('key'), call.arguments.text('value') ?? '']
      await change(call, (properties) => withTag(properties, key, value))
    }),
    bind(
      operations.deleteRegisteredModelTag,
      async (call) =>
        void (await change(call, (properties) => withTag(properties, call.arguments.requiredText('key'), undefined))),
    ),
  ]
}

/** Names that point to versions. */
export function aliasRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  const name = (call: MlflowRequest): string => call.arguments.requiredText('name')
  const alias = (call: MlflowRequest, version: string | undefined) =>
    setAlias(ctx, call.request.actor, {
      workspaceId: call.request.scope,
      name: name(call),
      alias: call.arguments.requiredText('alias'),
      version,
      requestId: call.request.id,
    })
  return [
    bind(operations.setAlias, async (call) => alias(call, call.arguments.requiredText('version'))),
    bind(operations.deleteAlias, async (call) => alias(call, undefined)),
    bind(operations.getByAlias, async (call) => {
      const model = await requireModel(ctx.db.kysely, call.request.scope, name(call))
      const wanted = call.arguments.requiredText('alias')
      const aliases = aliasesOf(model)
      const target = wanted.toLowerCase() === 'latest' ? model.status['latestVersion'] : aliases[wanted]
      if (typeof target !== 'string') throw invalid(`Registered model alias ${wanted} not found.`, { target: 'alias' })
      const version = await requireVersion(ctx.db.kysely, call.request.scope, model.name, target)
      return { model_version: presentVersion(version, aliasesFor(aliases, version)) }
    }),
  ]
}

async function search(ctx: Context, call: MlflowRequest) {
  const maxResults = call.arguments.count('max_results', { standard: 100, maximum: 1000 })
  const found = await searchModels(ctx, call.request.scope, { ...searchInput(call.arguments), maxResults })
  const presented = await Promise.all(
    found.rows.map(async (model) => presentModel(model, await listVersions(ctx.db.kysely, call.request.scope, model.name))),
  )
  return { registered_models: presented, ...nextPage(found.nextPageToken) }
}

async function latest(ctx: Context, call: MlflowRequest) {
  const model = await requireModel(ctx.db.kysely, call.request.scope, call.arguments.requiredText('name'))
  const versions = latestOfStages(
    await listVersions(ctx.db.kysely, call.request.scope, model.name),
    call.arguments.texts('stages'),
  )
  return { model_versions: versions.map((version) => presentVersion(version, aliasesFor(aliasesOf(model), version))) }
}

/** Aliases of many versions, by one query over their models. */
export async function aliasesOfModels(
  ctx: Context,
  workspaceId: string,
  names: readonly string[],
): Promise<Map<string, Readonly<Record<string, string>>>> {
  const models = await findResources(
    ctx.db.kysely,
    [...new Set(names)].map((name) => modelId(workspaceId, name)),
  )
  return new Map(models.map((model) => [model.name, aliasesOf(model)]))
}
